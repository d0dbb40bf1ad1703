// CompletionQueue.swift - a completion queue of this process.
//
// Owns: the ring in the segment and its consumer's end. Does not: fill it (CompletionRing).
// Spec: IBA vol 1, 10.2.8, 11.2.8.   C: struct ibv_cq.
// Locking: `pollLock` is held while polling, and while a queue pair that completes here is taken away. `runLock`, taken
// before it, is held while a program goes from one completion to the next.

import Fabric
import Platform
import Synchronization
import Verbs

/// A completion queue.
@safe
public final class CompletionQueue: @unchecked Sendable {
    public let context: DeviceContext
    public let channel: CompletionChannel?
    /// Completions that may wait at once.
    public var entries: Int32 { Int32(bitPattern: entry.limit.load()) }
    /// The caller's own; handed back with events.
    nonisolated(unsafe) public var userPointer: UnsafeMutableRawPointer?
    let process: DeviceProcess
    let index: Int
    let entry: CompletionQueueEntry
    /// Under `pollLock`.
    let placed: LockedState<CompletionRing>
    let pollLock = PrivateLock()
    let runLock = PrivateLock()
    let dependents = Atomic<Int>(0)
    let moderation = EventModeration()
    /// Completions polled so far, wrapping. Under `pollLock`.
    let head = LockedState<UInt32>(0)
    /// Polls in a row that found nothing. Under `pollLock`.
    let emptyPolls = LockedState<UInt32>(0)
    /// Under `runLock`.
    let current = LockedState(PolledCompletion())
    /// The same, for the reader of its fields: the completion that a run stands at. Valid from a successful start of
    /// polling to its end.
    public let polled: UnsafePointer<PolledCompletion>
    /// Made by the device for itself: the program's limit does not count it.
    private let isSpare: Bool
    /// The parent domain that it was made on.
    private let parentDomain: ProtectionDomain?
    private let eventsTaken = Atomic<UInt32>(0)
    /// Where the ring stands in the heap. Under `pollLock`.
    let place: LockedState<(offset: UInt64, byteCount: Int)>

    init(
        context: DeviceContext, entries: Int32, channel: CompletionChannel?, vector: Int32, fields: CompletionFields,
        flags: CompletionQueueFlags, parentDomain: ProtectionDomain?, isSpare: Bool = false
    ) throws(VerbsErrno) {
        try fields.check()
        try flags.check()
        // The plain domain under a parent domain would do nothing here.
        guard parentDomain?.isParent != false else { throw .invalidArgument }
        try CreationRules.checkCompletionQueue(
            entries: Int(entries), vector: Int(vector), limits: context.limits)
        let process = context.process
        let capacity = UInt32(entries).roundedUpToPowerOfTwo
        let ringBytes = Int(capacity) * CompletionSlot.byteCount
        let index = try Self.claim(in: process, limit: isSpare ? nil : context.limits.maxCompletionQueues)
        guard let entry = process.view.completionQueue(index), let offset = process.member.allocate(ringBytes) else {
            Self.unclaim(index, in: process, isSpare: isSpare)
            throw .noMemory
        }
        entry.carriesTimestamps.store(fields.needTimestamp ? 1 : 0)
        entry.ignoresOverrun.store(flags.contains(.ignoresOverrun) ? 1 : 0)
        Self.fill(entry, ring: offset, capacity: capacity, limit: UInt32(entries), channel: channel, context: context)
        guard let ring = CompletionRing(in: process.view, index: UInt32(index), isOwn: true) else { throw .inputOutput }
        self.context = context
        self.channel = channel
        self.process = process
        self.index = index
        self.entry = entry
        placed = LockedState(ring)
        place = LockedState((offset, ringBytes))
        unsafe polled = unsafe UnsafePointer(current.address)
        self.parentDomain = parentDomain
        self.isSpare = isSpare
        process.completionQueues.insert(self, at: index)
        process.view.header.completionQueueBound.raise(to: UInt32(process.completionQueues.bound))
        channel?.attach(self)
        parentDomain?.addDependent()
    }

    /// A place in the table. A queue that the program made counts against the limit; one of ours has none.
    private static func claim(in process: DeviceProcess, limit: UInt32?) throws(VerbsErrno) -> Int {
        if let limit, process.view.header.completionQueues.add(1) > limit {
            process.view.header.completionQueues.add(UInt32.max)
            throw .noMemory
        }
        if let index = process.completionQueues.claim(below: SegmentLayout.completionQueueCount) { return index }
        if limit != nil { process.view.header.completionQueues.add(UInt32.max) }
        throw .noMemory
    }

    private static func unclaim(_ index: Int, in process: DeviceProcess, isSpare: Bool) {
        process.completionQueues.unclaim(index)
        if !isSpare { process.view.header.completionQueues.add(UInt32.max) }
    }

    private static func fill(
        _ entry: CompletionQueueEntry, ring: UInt64, capacity: UInt32, limit: UInt32, channel: CompletionChannel?,
        context: DeviceContext
    ) {
        for word in [entry.tail, entry.headSeen, entry.head, entry.armed, entry.eventsRaised, entry.events] { word.store(0) }
        entry.ring.store(ring)
        entry.capacity.store(capacity)
        entry.limit.store(limit)
        entry.channelDescriptor.store((channel?.eventName ?? .none).rawValue)
        entry.eventDescriptor.store(context.eventName.rawValue)
        entry.state.publish(CompletionQueueEntry.live)
    }

    /// Asks for one event: at the next solicited completion (or error), or at any.
    /// A completion that is published after this returns raises it.
    public func requestNotification(solicitedOnly: Bool) -> Int32 {
        guard channel != nil else { return 0 }
        // A request for any completion is not weakened by a later one for solicited ones only.
        let wanted: UInt32 = solicitedOnly ? 1 : 2
        if moderation.isOn.load(ordering: .acquiring) {
            requestModerated(wanted)
            return 0
        }
        if entry.armed.load() < wanted { entry.armed.exchange(wanted) }
        return 0
    }

    /// Whether an event was raised that nobody took yet; takes it.
    func takeEvent() -> Bool {
        let taken = eventsTaken.load(ordering: .relaxed)
        let raised = moderation.isOn.load(ordering: .acquiring)
            ? moderation.due.load(ordering: .acquiring) : entry.eventsRaised.acquire()
        guard raised != taken else { return false }
        eventsTaken.store(taken &+ 1, ordering: .relaxed)
        return true
    }

    /// EBUSY while queue pairs complete here.
    public func destroy() throws(VerbsErrno) {
        guard dependents.load(ordering: .acquiring) == 0 else { throw .busy }
        channel?.detach(self)
        process.moderated.remove(self)
        parentDomain?.removeDependent()
        entry.lock.acquireOwn(as: process.holder)
        entry.state.store(CompletionQueueEntry.unused)
        entry.lock.release()
        process.member.release(place.value.offset, byteCount: place.value.byteCount)
        process.completionQueues.remove(index)
        Self.unclaim(index, in: process, isSpare: isSpare)
    }

    /// The ring as it stands now.
    @inline(__always)
    var ring: CompletionRing { placed.value }
}

extension UInt32 {
    /// The smallest power of two that is not less; 1 for 0.
    var roundedUpToPowerOfTwo: UInt32 {
        self <= 1 ? 1 : 1 << UInt32(UInt32.bitWidth - (self - 1).leadingZeroBitCount)
    }
}
