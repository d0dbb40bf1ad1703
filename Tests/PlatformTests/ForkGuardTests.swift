// ForkGuardTests.swift - what a forked child can know without a call.
import CPlatformTestSupport
import Glibc
import Platform
import Testing

/// The word that the fork handler below sets; nil until the test made it.
nonisolated(unsafe) private var handlerWord: UnsafeMutablePointer<UInt64>?

@Suite struct ForkGuardTests {
    @Test func theWordIsZeroInAChild() throws {
        let word = unsafe try ForkGuard.wipePage()
        unsafe word.pointee = 7
        let address = UInt64(UInt(bitPattern: word))
        #expect(verbena_test_run_child(verbena_test_child_load_byte, address) == 0)
        #expect(unsafe word.pointee == 7)
    }

    @Test func theHandlerRunsInTheChildOnly() throws {
        let word = unsafe try ForkGuard.wipePage()
        unsafe handlerWord = unsafe word
        try ForkGuard.registerChildHandler { unsafe handlerWord?.pointee = 42 }
        let address = UInt64(UInt(bitPattern: word))
        #expect(verbena_test_run_child(verbena_test_child_fork_handler_ran, address) == 0)
        #expect(unsafe word.pointee == 0)
    }
}
