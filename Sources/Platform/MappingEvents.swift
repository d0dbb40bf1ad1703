// MappingEvents.swift - memory of which the kernel tells when it is unmapped, moved or dropped, whoever does it.
//
// Owns: nothing that ends; it lives as long as the process. A forked child has none of it. Does not: know what follows from a change.
// Not told of: shmdt(2), shmat(2) with SHM_REMAP, changes of the file behind a mapping.
// Counterpart: userfaultfd(2).
// Locking: none. A thread that changes watched memory waits in the kernel for the reader, a thread that never waits for anybody.
import CPlatform

/// Memory that the kernel watches.
@safe
public final class MappingEvents: @unchecked Sendable {
    /// What areas of hugetlbfs may consist of.
    private static let hugePageBytes: [UInt64] = [2 << 20, 1 << 30]
    /// Not for children: they have nothing that is told, and would keep it from ending.
    public let descriptor: Int32
    private let queue: OpaquePointer

    /// Begins to hear. Before a call that changes watched memory returns, both words have grown: `announced` by one for each change
    /// that `listen` is told of, `epoch` past 0.
    /// - Parameters:
    ///   - announced, epoch: live as long as the process.
    /// - Throws: what the kernel answers where it grants no events; EOPNOTSUPP where it would make faults wait too.
    @unsafe
    public init(announced: UnsafeMutablePointer<UInt32>, epoch: UnsafeMutablePointer<UInt32>) throws(SystemError) {
        let opened = OwnedDescriptor(adopting: try SystemError.check(verbena_mapping_events_open(), "userfaultfd"))
        var started: OpaquePointer?
        try SystemError.check(
            unsafe verbena_mapping_events_start(opened.number, announced, epoch, &started), "pthread_create")
        guard let started = unsafe started else { throw SystemError(number: ErrorNumber.outOfMemory, call: "mmap") }
        unsafe queue = unsafe started
        descriptor = opened.release()
    }

    /// Why the kernel grants no events; nil: it does.
    public static func refusal() -> Int32? {
        let descriptor = verbena_mapping_events_open()
        guard descriptor >= 0 else { return -descriptor }
        _ = OwnedDescriptor(adopting: descriptor)
        return nil
    }

    /// Waits for a moment in which no thread is amid a change of watched memory; a twentieth of a second at most. Whatever was
    /// changed before has been announced then: until it is, another mapping may already stand in its place.
    public func awaitAnnouncements() {
        let end = Clock.monotonicNanoseconds() &+ 50_000_000
        while unsafe verbena_mapping_events_is_changing(queue), Clock.monotonicNanoseconds() < end { Clock.yield() }
    }

    /// Watches what is mapped in a range of whole pages, as far as the kernel watches memory of its kind. Huge pages are watched whole.
    public func watch(_ range: Range<UInt64>) {
        if verbena_mapping_events_watch(descriptor, range.lowerBound, range.upperBound) == 0 { return }
        for part in MappingQuery.mapped(in: range) where !watches(part) {
            for pageBytes in Self.hugePageBytes where watches(Self.rounded(part, to: pageBytes)) { break }
        }
    }

    private func watches(_ range: Range<UInt64>) -> Bool {
        verbena_mapping_events_watch(descriptor, range.lowerBound, range.upperBound) == 0
    }

    private static func rounded(_ range: Range<UInt64>, to pageBytes: UInt64) -> Range<UInt64> {
        (range.lowerBound & ~(pageBytes - 1))..<((range.upperBound + pageBytes - 1) & ~(pageBytes - 1))
    }

    /// Parts of huge pages stay watched: their changes concern nobody.
    public func forget(_ range: Range<UInt64>) {
        if verbena_mapping_events_forget(descriptor, range.lowerBound, range.upperBound) == 0 { return }
        for part in MappingQuery.mapped(in: range) {
            _ = verbena_mapping_events_forget(descriptor, part.lowerBound, part.upperBound)
        }
    }

    /// Hears each change, on a thread of its own. The thread may wait for others, and change watched memory itself.
    public func listen(_ listener: @escaping @Sendable (MappingChange) -> Void) throws(SystemError) {
        let context = unsafe Unmanaged.passRetained(Listening(to: self, listener)).toOpaque()
        try unsafe Thread.start(name: "verbena-stale", stackBytes: 256 << 10, { context in
            guard let context = unsafe context else { return nil }
            unsafe Unmanaged<Listening>.fromOpaque(context).takeRetainedValue().run()
            return nil
        }, argument: context)
    }

    fileprivate func next() -> MappingChange {
        let change = unsafe verbena_mapping_events_next(queue)
        switch Int(change.kind) {
        case Int(VERBENA_CHANGE_UNMAPPED): return .unmapped(address: change.address, byteCount: change.byte_count)
        case Int(VERBENA_CHANGE_MOVED): return .moved(address: change.address, byteCount: change.byte_count, to: change.to)
        case Int(VERBENA_CHANGE_DROPPED): return .dropped(address: change.address, byteCount: change.byte_count)
        default: return .none
        }
    }
}

/// What the thread needs.
private final class Listening: Sendable {
    private let events: MappingEvents
    private let listener: @Sendable (MappingChange) -> Void

    init(to events: MappingEvents, _ listener: @escaping @Sendable (MappingChange) -> Void) {
        self.events = events
        self.listener = listener
    }

    func run() { while true { listener(events.next()) } }
}
