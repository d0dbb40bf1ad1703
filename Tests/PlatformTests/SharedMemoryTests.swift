// SharedMemoryTests.swift - sealed files, and what passes for one.
import CPlatformTestSupport
import Glibc
import Platform
import Testing

@Suite struct SharedMemoryTests {
    @Test func isSealedAgainstEveryChangeOfSize() throws {
        let file = try SharedMemory.create(byteCount: 8192)
        #expect(SharedMemory.isSealed(file.number, byteCount: 8192))
        #expect(ftruncate(file.number, 4096) == -1 && errno == EPERM)
        #expect(ftruncate(file.number, 16384) == -1 && errno == EPERM)
        #expect(fcntl(file.number, F_GETFD) == FD_CLOEXEC)
    }

    @Test func aSegmentOfAnotherSizeIsRefused() throws {
        let file = try SharedMemory.create(byteCount: 8192)
        #expect(!SharedMemory.isSealed(file.number, byteCount: 4096))
        #expect(!SharedMemory.isSealed(file.number, byteCount: 8193))
        #expect(!SharedMemory.isSealed(file.number, byteCount: -1))
    }

    @Test func whatIsNotSealedIsRefused() throws {
        let unsealed = OwnedDescriptor(adopting: verbena_test_memory_file(4096))
        #expect(!SharedMemory.isSealed(unsealed.number, byteCount: 4096))
        let file = OwnedDescriptor(adopting: unsafe open("/proc/self/exe", O_RDONLY))
        #expect(!SharedMemory.isSealed(file.number, byteCount: 4096))
        #expect(!SharedMemory.isSealed(-1, byteCount: 0))
    }

    @Test func impossibleSizesAreErrors() {
        #expect(throws: SystemError.self) { _ = try SharedMemory.create(byteCount: -1) }
    }
}
