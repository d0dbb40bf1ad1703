// MappingEventsTests.swift - what the kernel tells of watched memory, and that it has told before the call returns.
import CPlatformTestSupport
import Glibc
import Platform
import Synchronization
import Testing

/// Wants userfaultfd's events; elsewhere these are reported as skipped.
@Suite(.enabled(if: MappingEvents.refusal() == nil, "the kernel grants this user no userfaultfd events"))
struct MappingEventsTests {
    /// Watched pages, and what has been told of them.
    @safe
    private final class Watch: Sendable {
        static let count = 6
        let base: UInt64
        private let words: UInt
        private let events: MappingEvents
        private let told = Mutex<[MappingChange]>([])

        /// All but the first page and the last.
        init(shared: Bool = false) throws {
            let byteCount = Self.count * 4096
            base = Self.map(byteCount, shared: shared)
            // For the rest of the process's life, as the watch.
            let counters = UnsafeMutablePointer<UInt32>.allocate(capacity: 2)
            unsafe counters[0] = 0
            unsafe counters[1] = .max
            words = UInt(bitPattern: counters)
            events = try unsafe MappingEvents(announced: counters, epoch: counters + 1)
            let place = base
            try events.listen { [weak self] change in self?.told.withLock { $0.append(change) } }
            events.watch(place + 4096..<place + UInt64(byteCount - 4096))
        }

        static func map(_ byteCount: Int, shared: Bool) -> UInt64 {
            let kind = shared ? MAP_SHARED : MAP_PRIVATE
            let place = unsafe mmap(nil, byteCount, PROT_READ | PROT_WRITE, kind | MAP_ANONYMOUS, -1, 0)
            return UInt64(UInt(bitPattern: place))
        }

        func page(_ index: Int) -> UInt64 { base + UInt64(index * 4096) }
        func pointer(_ index: Int) -> UnsafeMutableRawPointer? { unsafe UnsafeMutableRawPointer(bitPattern: UInt(page(index))) }
        func forget(_ index: Int) { events.forget(page(index)..<page(index + 1)) }

        var counters: [UInt32] {
            guard let first = unsafe UnsafePointer<UInt32>(bitPattern: words) else { return [] }
            return unsafe [first[0], first[1]]
        }

        /// What has been told when `count` changes have been.
        func changes(_ count: Int) throws -> [MappingChange] {
            try waitUntil { told.withLock { $0.count } >= count }
            return told.withLock { $0 }
        }
    }

    @Test(arguments: [false, true]) func whatIsUnmappedIsTold(shared: Bool) throws {
        let watch = try Watch(shared: shared)
        #expect(unsafe munmap(watch.pointer(0), 4096) == 0)
        #expect(watch.counters == [0, .max], "that page is not watched")
        #expect(unsafe munmap(watch.pointer(2), 4096) == 0)
        // Before the call has returned; and 0 is no epoch.
        #expect(watch.counters == [1, 1])
        #expect(try watch.changes(1) == [.unmapped(address: watch.page(2), byteCount: 4096)])
    }

    @Test func whatIsDroppedIsTold() throws {
        let watch = try Watch()
        #expect(unsafe madvise(watch.pointer(2), 8192, MADV_DONTNEED) == 0)
        #expect(watch.counters[0] == 1)
        #expect(try watch.changes(1) == [.dropped(address: watch.page(2), byteCount: 8192)])
    }

    @Test func whatMovesIsTold() throws {
        let watch = try Watch()
        let place = Watch.map(4096, shared: false)
        #expect(unsafe verbena_test_move(watch.pointer(3), 4096, UnsafeMutableRawPointer(bitPattern: UInt(place))))
        #expect(try watch.changes(1).contains(.moved(address: watch.page(3), byteCount: 4096, to: place)))
    }

    @Test func whatIsForgottenIsNotTold() throws {
        let watch = try Watch()
        watch.forget(2)
        #expect(unsafe munmap(watch.pointer(2), 4096) == 0)
        #expect(watch.counters[0] == 0)
        // Across the hole, once.
        #expect(unsafe munmap(watch.pointer(1), 3 * 4096) == 0)
        #expect(watch.counters[0] == 1)
        #expect(try watch.changes(1) == [.unmapped(address: watch.page(1), byteCount: 3 * 4096)])
    }

    /// More than the queue's first page holds, from threads at once: each is told of once.
    @Test func nothingIsLost() throws {
        let watch = try Watch()
        let rounds = 400
        for _ in 0..<rounds { #expect(unsafe madvise(watch.pointer(1), 4096, MADV_DONTNEED) == 0) }
        #expect(watch.counters[0] == UInt32(rounds))
        #expect(try watch.changes(rounds) == Array(repeating: .dropped(address: watch.page(1), byteCount: 4096), count: rounds))
    }
}
