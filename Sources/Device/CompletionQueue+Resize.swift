// CompletionQueue+Resize.swift - moves a queue's ring to another place and size, under traffic.
//
// Owns: the copy of what waits, and when producers follow. Positions go on counting, so that a completion keeps its own.
// Spec: IBA vol 1, 11.2.8.3.   C: ibv_resize_cq(3).
// Locking: `pollLock` keeps the consumer away, the entry's lock the producers. These see the new placement with the lock.

import Fabric
import Platform
import Verbs

extension CompletionQueue {
    /// Gives the queue room for `entries` completions.
    /// - Throws: EINVAL when more are waiting, or for a number that no queue can have; ENOMEM.
    public func resize(entries: Int32) throws(VerbsErrno) {
        try CreationRules.checkCompletionQueue(entries: Int(entries), vector: 0, limits: context.limits)
        let capacity = UInt32(entries).roundedUpToPowerOfTwo
        let byteCount = Int(capacity) * CompletionSlot.byteCount
        guard let offset = process.member.allocate(byteCount) else { throw .noMemory }
        // Memory is given back when pollers and producers no longer wait for us.
        guard let before = exchange(for: offset, byteCount, capacity: capacity, limit: UInt32(entries)) else {
            process.member.release(offset, byteCount: byteCount)
            throw .invalidArgument
        }
        process.member.release(before.offset, byteCount: before.byteCount)
    }

    /// The place that the ring has left; nil when what waits would not find room in the new one.
    private func exchange(
        for offset: UInt64, _ byteCount: Int, capacity: UInt32, limit: UInt32
    ) -> (offset: UInt64, byteCount: Int)? {
        pollLock.acquire()
        defer { pollLock.release() }
        guard move(to: offset, capacity: capacity, limit: limit) else { return nil }
        defer { place.value = (offset, byteCount) }
        return place.value
    }

    /// False when what waits would not find room; then nothing has changed.
    private func move(to offset: UInt64, capacity: UInt32, limit: UInt32) -> Bool {
        if entry.lock.acquireOwn(as: process.holder) == .recovered { ring.finishDeadProducer() }
        defer { entry.lock.release() }
        let (first, end) = (head.value, entry.tail.load())
        guard end &- first <= limit else { return false }
        let old = ring
        entry.ring.store(offset)
        entry.capacity.store(capacity)
        entry.limit.store(limit)
        entry.headSeen.store(first)
        entry.placement.add(1)
        placed.value.follow()
        var position = first
        while position != end {
            _ = GuardedCopy.copyAnywhere(
                to: ring.slot(position).address, from: old.slot(position).address,
                byteCount: CompletionSlot.byteCount)
            position &+= 1
        }
        return true
    }
}
