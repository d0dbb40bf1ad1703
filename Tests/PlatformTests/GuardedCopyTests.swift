// GuardedCopyTests.swift - copies and their faults, by each of the three ways to copy.
import CPlatform
import CPlatformTestSupport
import Glibc
import Platform
import Synchronization
import Testing

@Suite struct GuardedCopyTests {
    enum Way: CaseIterable {
        case routine, systemCall, pipe

        func copy(_ to: UInt64, _ from: UInt64, _ byteCount: Int) -> Bool {
            switch self {
            case .routine: GuardedCopy.copy(to: to, from: from, byteCount: byteCount)
            case .systemCall: GuardedCopy.copyBySystemCall(to: to, from: from, byteCount: byteCount)
            case .pipe: verbena_copy_by_pipe(to, from, byteCount)
            }
        }
    }

    init() throws { try GuardedCopy.install() }

    @Test(arguments: Way.allCases) func copiesWhatItIsAskedTo(_ way: Way) {
        let sizes = Array(0...300) + [2047, 2048, 2055, 2056, 2057, 4095, 4096, 4104, 65_537, 1_000_003]
        var source = (0..<1_000_100).map(pattern)
        var target = [UInt8](repeating: 0, count: source.count)
        for size in sizes {
            for (sourceOffset, targetOffset) in [(0, 0), (1, 0), (0, 3), (5, 7)] {
                let end = targetOffset + size
                for index in targetOffset...end { target[index] = 0xEE }
                let copied = withAddress(of: &source) { from in
                    withAddress(of: &target) { way.copy($0 + UInt64(targetOffset), from + UInt64(sourceOffset), size) }
                }
                #expect(copied)
                #expect(target[targetOffset..<end] == source[sourceOffset..<(sourceOffset + size)])
                #expect(target[end] == 0xEE, "nothing behind the end")
            }
        }
    }

    @Test(arguments: Way.allCases) func survivesAFaultOnEitherSide(_ way: Way) throws {
        let good = try TestMemory(fill: pattern)
        let wall = try TestMemory(fill: pattern)
        for size in Array(1...80) + [2056, 2100, 4096] {
            for inside in [0, min(1, size - 1), size / 2, size - 1] {
                let start = wall.wall - UInt64(inside)
                #expect(!way.copy(good.address, start, size), "source, \(size) bytes, \(inside) before the wall")
                #expect(!way.copy(start, good.address, size), "target, \(size) bytes, \(inside) before the wall")
            }
            #expect(way.copy(wall.wall - UInt64(size), good.address, size), "up to the wall is allowed")
        }
        for address: UInt64 in [0, 8, .max - 4095, 1 << 63] {
            #expect(!way.copy(good.address, address, 64))
            #expect(!way.copy(address, good.address, 64))
        }
    }

    @Test(arguments: Way.allCases) func refusesToWriteReadOnlyPages(_ way: Way) throws {
        let constant = try TestMemory(protection: PROT_READ, fill: pattern)
        let good = try TestMemory()
        for size in [1, 8, 64, 3000] {
            #expect(!way.copy(constant.address, good.address, size))
            #expect(way.copy(good.address, constant.address, size))
        }
        #expect(constant.byte(0) == pattern(0) && good.byte(2999) == pattern(2999))
    }

    /// A mapping behind the end of its file raises SIGBUS, not SIGSEGV.
    @Test(arguments: Way.allCases) func survivesAFileThatIsTooShort(_ way: Way) throws {
        let file = OwnedDescriptor(adopting: verbena_test_memory_file(4096))
        let mapping = try Mapping.shared(descriptor: file.number, byteCount: 8192)
        let base = unsafe UInt64(UInt(bitPattern: mapping.base))
        let good = try TestMemory(fill: pattern)
        #expect(way.copy(base, good.address, 4096))
        #expect(!way.copy(base + 4096, good.address, 64))
        #expect(!way.copy(good.address, base + 4000, 3000))
        #expect(mapping.byteCount == 8192)
    }

    /// What a reader that polls on the last word relies on.
    @Test(arguments: [16, 100, 2000, 5000, 100_000]) func theLastWordArrivesLast(_ byteCount: Int) throws {
        let mapping = try Mapping.privatePages(byteCount: 2 * 131_072)
        let target = unsafe mapping.base
        let source = unsafe mapping.base + 131_072
        let targetAddress = UInt64(UInt(bitPattern: target))
        let sourceAddress = UInt64(UInt(bitPattern: source))
        let wordOffset = (byteCount / 8 - 1) * 8
        let size = wordOffset + 8
        let writer = CopyLoop(to: targetAddress, from: sourceAddress, byteCount: size)
        for round in 1...UInt8(100) {
            unsafe source.initializeMemory(as: UInt8.self, repeating: round, count: size)
            try writer.start()
            let expected = UInt64(round) &* 0x0101_0101_0101_0101
            // A shared word that another thread's plain store writes: read it by an atomic of its address.
            let word = unsafe UnsafePointer<Atomic<UInt64>>(OpaquePointer(target + wordOffset))
            let before = unsafe UnsafePointer<Atomic<UInt64>>(OpaquePointer(target + wordOffset - 8))
            while unsafe word.pointee.load(ordering: .acquiring) != expected { Clock.relax() }
            // The word just before is the last of the others to arrive: look there at once.
            let neighbour = unsafe before.pointee.load(ordering: .acquiring)
            #expect(neighbour == expected, "round \(round)")
            #expect(unsafe UnsafeRawBufferPointer(start: target, count: size).allSatisfy { $0 == round })
            writer.join()
        }
    }

    // MARK: Beside the program's own handlers; each in a child of its own.

    private func expectChild(
        _ body: @convention(c) (UInt64) -> Int32, _ expected: Int32, location: SourceLocation = #_sourceLocation
    ) throws {
        let memory = try TestMemory()
        let status = verbena_test_run_child(body, memory.wall)
        #expect(status == expected, sourceLocation: location)
    }

    @Test func aFaultElsewhereStillKills() throws {
        try expectChild(verbena_test_child_guarded_then_fault, 1000 + SIGSEGV)
    }

    @Test func aHandlerSetBeforeOursIsCalled() throws {
        try expectChild(verbena_test_child_handler_before_install, 0)
    }

    @Test func aHandlerSetAfterOursIsCalled() throws {
        try expectChild(verbena_test_child_handler_after_install, 0)
    }

    @Test func aPlainHandlerIsCalled() throws { try expectChild(verbena_test_child_plain_handler, 0) }

    @Test func aOneShotHandlerRunsOnce() throws {
        try expectChild(verbena_test_child_one_shot_handler, 1000 + SIGSEGV)
    }

    @Test func anIgnoredFaultKills() throws { try expectChild(verbena_test_child_ignored_fault, 1000 + SIGSEGV) }

    @Test func aSignalThatIsSentKillsByDefault() throws {
        try expectChild(verbena_test_child_sent_signal_by_default, 1000 + SIGBUS)
    }

    @Test func aSignalThatIsSentCanBeIgnored() throws {
        try expectChild(verbena_test_child_sent_signal_ignored, 0)
    }

    @Test func aHandlerMayJumpOut() throws { try expectChild(verbena_test_child_handler_jumps_out, 0) }

    @Test func aHandlersMaskHolds() throws { try expectChild(verbena_test_child_handler_masks, 0) }

    @Test func theProgramReadsBackItsOwnHandler() throws {
        try expectChild(verbena_test_child_reports_old_actions, 0)
    }

    @Test func aVforkedChildLeavesItsParentsHandlers() throws {
        try expectChild(verbena_test_child_vfork_leaves_handlers, 0)
    }

    @Test func aForkedChildSetsItsOwnHandlers() throws { try expectChild(verbena_test_child_forked_sets_its_own, 0) }

    @Test func copiesGetThroughAFilter() throws { try expectChild(verbena_test_child_copies_when_denied, 0) }

    @Test func aThreadThatBlocksFaultsIsToldSo() throws {
        try expectChild(verbena_test_child_blocked_faults, 1000 + SIGSEGV)
    }
}
