// CompletionRing.swift - the producers' side of a completion queue.
//
// Owns: claiming, filling and publishing a slot, and the overrun rule. Does not: poll (the owner's Device does),
// wake the owner (the caller does, with what `publish` answers).
// Spec: IBA vol 1, 11.6.3.1 (CQ error on overrun).
// Locking: between `claim` and `publish` the entry's lock is held.

import Platform
import Synchronization
import Verbs

/// A completion queue, checked and ready to be produced into.
@frozen
public struct CompletionRing {
    public let entry: CompletionQueueEntry
    @usableFromInline let view: SegmentView
    @usableFromInline var slots: SharedRecord
    @usableFromInline var mask: UInt32
    @usableFromInline var limit: UInt32
    /// Which placement of the ring the three above are of.
    @usableFromInline var placement: UInt32
    /// Whether anyone could be waiting for an event.
    public let hasChannel: Bool
    public let isTimestamped: Bool
    public let ignoresOverrun: Bool
    /// The largest message that a slot has room for.
    public let payloadBytesMax: UInt64
    /// In our own segment: its lock cannot be withheld from us.
    @usableFromInline let isOwn: Bool

    /// Checks what the entry says; nil when it is unused or names a ring that cannot be.
    public init?(in view: SegmentView, index: UInt32, isOwn: Bool) {
        guard let entry = view.completionQueue(Int(index)), entry.state.acquire() != CompletionQueueEntry.unused else { return nil }
        placement = entry.placement.load()
        guard let slots = Self.slots(entry, view) else { return nil }
        self.entry = entry
        self.view = view
        (self.slots, mask) = (slots.record, slots.capacity - 1)
        limit = min(entry.limit.load(), slots.capacity)
        hasChannel = entry.channelDescriptor.load() != 0
        isTimestamped = entry.carriesTimestamps.load() != 0
        ignoresOverrun = entry.ignoresOverrun.load() != 0
        payloadBytesMax = UInt64(
            isTimestamped ? CompletionSlot.timestampOffset - CompletionSlot.payloadOffset : CompletionSlot.payloadBytesMax)
        self.isOwn = isOwn
    }

    private static func slots(_ entry: CompletionQueueEntry, _ view: SegmentView) -> (record: SharedRecord, capacity: UInt32)? {
        let capacity = entry.capacity.load()
        guard capacity > 0, capacity & (capacity - 1) == 0, capacity <= 1 << 23,
            let record = view.ring(at: entry.ring.load(), byteCount: Int(capacity) * CompletionSlot.byteCount)
        else { return nil }
        return (record, capacity)
    }

    /// The ring has moved: looks at its new place. Under the entry's lock. A place that cannot be has no room.
    @inline(never)
    public mutating func follow() {
        placement = entry.placement.load()
        guard let slots = Self.slots(entry, view) else {
            limit = 0
            return
        }
        (self.slots, mask) = (slots.record, slots.capacity - 1)
        limit = min(entry.limit.load(), slots.capacity)
    }

    /// Slots in the ring.
    @inlinable
    public var capacity: UInt32 { mask &+ 1 }

    @inlinable
    public func slot(_ position: UInt32) -> CompletionSlot {
        CompletionSlot(slots.advanced(by: Int(position & mask) * CompletionSlot.byteCount))
    }

    /// Takes the lock and the next position; nil (and no lock) when the queue is full or already in error, or when its
    /// lock is withheld.
    @inlinable
    public mutating func claim(as holder: HolderIdentity) -> UInt32? {
        let taken = isOwn ? entry.lock.acquireOwn(as: holder) : entry.lock.acquire(as: holder)
        if taken == .refused { return nil }
        // What the dead producer left stands in the ring of now.
        if entry.placement.load() != placement { follow() }
        if taken == .recovered { finishDeadProducer() }
        let position = entry.tail.load()
        if position &- entry.headSeen.load() >= limit {
            let head = entry.head.acquire()
            entry.headSeen.store(head)
            guard position &- head < limit, entry.state.load() == CompletionQueueEntry.live else {
                return overrun()
            }
        }
        return position
    }

    /// Makes the slot visible and lets the lock go. True when an event has to be raised.
    @inlinable
    public func publish(_ position: UInt32, solicited: Bool) -> Bool {
        if isTimestamped { stamp(position) }
        slot(position).sequence.publish(position &+ 1)
        entry.tail.store(position &+ 1)
        entry.lock.release()
        return hasChannel && disarm(solicited: solicited)
    }

    /// Lets a claimed place go unused.
    @inlinable
    public func abandon() { entry.lock.release() }

    @usableFromInline
    @inline(never)
    func disarm(solicited: Bool) -> Bool {
        // The owner arms, then looks at the ring once more; we publish, then look at the flag. Without the fence both
        // could miss each other.
        atomicMemoryFence(ordering: .sequentiallyConsistent)
        let armed = entry.armed.load()
        guard armed == 2 || (armed == 1 && solicited), entry.armed.replace(armed, by: 0) else { return false }
        entry.eventsRaised.add(1)
        return true
    }

    /// The clock is the same for all processes of a host: the producer's is the owner's.
    @usableFromInline
    @inline(never)
    func stamp(_ position: UInt32) { slot(position).timestamp.store(Clock.monotonicNanoseconds()) }

    @usableFromInline
    @inline(never)
    func overrun() -> UInt32? {
        if !ignoresOverrun { entry.state.store(CompletionQueueEntry.overrun) }
        entry.lock.release()
        return nil
    }

    /// A producer died holding the lock: what it published counts, what it only began does not.
    @inline(never)
    public func finishDeadProducer() {
        let position = entry.tail.load()
        if slot(position).sequence.acquire() == position &+ 1 { entry.tail.store(position &+ 1) }
    }
}
