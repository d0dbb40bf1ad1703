// SharedReceiveRing.swift - the posters' side of a shared receive queue.
//
// Owns: taking the oldest request, and the limit event's trigger. Does not: post (the owner's Device does).
// Spec: IBA vol 1, 10.2.9.   Locking: takes the entry's lock for one take.

import Verbs

/// A shared receive queue, checked and ready to be taken from.
@frozen
public struct SharedReceiveRing {
    public let entry: SharedReceiveQueueEntry
    @usableFromInline let slots: SharedRecord
    @usableFromInline let order: SharedRecord
    @usableFromInline let mask: UInt32
    public let elements: UInt32

    /// Checks what the entry says; nil when it is unused or names rings that cannot be.
    public init?(in view: SegmentView, index: UInt32) {
        guard let entry = view.sharedReceiveQueue(Int(index)), entry.state.acquire() != 0 else { return nil }
        let capacity = entry.capacity.load()
        let elements = entry.elements.load()
        guard capacity > 0, capacity & (capacity - 1) == 0, capacity <= 1 << 20, elements <= 1024,
            let slots = view.ring(
                at: entry.ring.load(), byteCount: Int(capacity) * ReceiveSlot.byteCount(elements: Int(elements))),
            let order = view.ring(at: entry.order.load(), byteCount: Int(capacity) * 4)
        else { return nil }
        self.entry = entry
        self.slots = slots
        self.order = order
        mask = capacity - 1
        self.elements = elements
    }

    @inlinable
    public func slot(_ index: UInt32) -> ReceiveSlot {
        ReceiveSlot(slots.advanced(by: Int(index & mask) * ReceiveSlot.byteCount(elements: Int(elements))))
    }

    @inlinable
    public func orderWord(_ position: UInt32) -> SharedWord32 { order.word32(Int(position & mask) * 4) }

    /// The oldest request's slot number; nil when none is posted, or the lock is withheld.
    @inlinable
    public func take(as holder: HolderIdentity) -> UInt32? {
        guard entry.lock.acquire(as: holder) != .refused else { return nil }
        defer { entry.lock.release() }
        let head = entry.head.load()
        guard entry.tail.acquire() != head else { return nil }
        let slot = orderWord(head).load() & mask
        entry.head.store(head &+ 1)
        return slot
    }

    /// Puts back a request that was taken last but not used. Its place cannot have been overwritten: the slot is still
    /// out, so that the owner cannot have posted a whole ring since.
    public func putBack(_ slot: UInt32, as holder: HolderIdentity) {
        guard entry.lock.acquire(as: holder) != .refused else { return }
        defer { entry.lock.release() }
        let head = entry.head.load() &- 1
        orderWord(head).store(slot)
        entry.head.store(head)
    }

    /// Whether what is left has fallen below the armed limit; disarms it.
    @inlinable
    public func crossedLimit() -> Bool {
        let limit = entry.limit.load()
        guard limit != 0, entry.tail.load() &- entry.head.load() < limit else { return false }
        return entry.limit.replace(limit, by: 0)
    }
}
