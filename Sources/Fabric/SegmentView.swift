// SegmentView.swift - a mapped segment, one's own or a peer's, and the entries in it.
//
// Owns: the bounds: every index and every ring place that comes from elsewhere is checked here before it becomes a
// record. Does not: own the mapping (Member and Peer do).
// Locking: none of its own.

import Verbs

/// A mapped segment of `SegmentLayout.byteCount` bytes.
@frozen @safe
public struct SegmentView {
    @usableFromInline let base: UnsafeMutableRawPointer

    @inlinable
    init(base: UnsafeMutableRawPointer) { unsafe self.base = base }

    @inlinable
    public var header: SegmentHeader { unsafe SegmentHeader(SharedRecord(at: base)) }

    /// One of the locks that make remote atomics atomic; chosen by the 8-byte word's address.
    @inlinable
    public func atomicLock(for address: UInt64) -> SharedLock {
        let index = Int(truncatingIfNeeded: address >> 3) & (SegmentLayout.atomicLockCount - 1)
        return unsafe SharedLock(
            SharedRecord(at: base + SegmentLayout.atomicLockOffset + index * SegmentLayout.atomicLockBytes).word64(0))
    }

    @inlinable
    public func queuePair(_ index: Int) -> QueuePairEntry? {
        guard index >= 0, index < SegmentLayout.queuePairCount else { return nil }
        return unsafe QueuePairEntry(
            SharedRecord(at: base + SegmentLayout.queuePairOffset + index * SegmentLayout.queuePairBytes))
    }

    @inlinable
    public func completionQueue(_ index: Int) -> CompletionQueueEntry? {
        guard index >= 0, index < SegmentLayout.completionQueueCount else { return nil }
        return unsafe CompletionQueueEntry(
            SharedRecord(at: base + SegmentLayout.completionQueueOffset + index * SegmentLayout.completionQueueBytes))
    }

    @inlinable
    public func sharedReceiveQueue(_ index: Int) -> SharedReceiveQueueEntry? {
        guard index >= 0, index < SegmentLayout.sharedReceiveQueueCount else { return nil }
        return unsafe SharedReceiveQueueEntry(
            SharedRecord(
                at: base + SegmentLayout.sharedReceiveQueueOffset + index * SegmentLayout.sharedReceiveQueueBytes))
    }

    /// The entry that a key's index names; whether the key is valid is the entry's to say.
    @inlinable
    public func key(_ key: MemoryKey) -> KeyEntry? {
        let index = Int(key.index)
        guard index > 0, index < SegmentLayout.keyCount else { return nil }
        return unsafe KeyEntry(SharedRecord(at: base + SegmentLayout.keyOffset + index * SegmentLayout.keyBytes))
    }

    /// A request to the owner's agent.
    public func transfer(_ index: Int) -> TransferSlot {
        let index = index & (SegmentLayout.transferCount - 1)
        let windowBytes = SegmentLayout.transferWindow * SegmentLayout.transferChunkBytes
        return unsafe TransferSlot(
            SharedRecord(at: base + SegmentLayout.transferOffset + index * SegmentLayout.transferBytes), index: index,
            chunks: SharedRecord(at: base + SegmentLayout.transferChunkOffset + index * windowBytes))
    }

    /// Claims a free transfer slot; nil when all are taken. Slots of posters that died are looked for only when asked:
    /// that takes a while.
    public func claimTransfer(as holder: HolderIdentity, recoverDead: Bool) -> TransferSlot? {
        let start = Int(truncatingIfNeeded: holder.rawValue)
        for step in 0..<SegmentLayout.transferCount {
            let slot = transfer(start &+ step)
            if slot.lock.tryAcquire(as: holder) { return slot }
        }
        guard recoverDead else { return nil }
        for index in 0..<SegmentLayout.transferCount {
            let slot = transfer(index)
            if slot.lock.recover(as: holder), slot.recover() { return slot }
        }
        return nil
    }

    func mailboxWord(_ index: Int) -> SharedWord32 {
        unsafe SharedRecord(at: base + SegmentLayout.mailboxOffset).word32((index & (SegmentLayout.mailboxWords - 1)) * 4)
    }

    /// Where the segment stands in this process.
    var address: UInt64 { unsafe UInt64(UInt(bitPattern: base)) }

    /// A ring in the heap; nil when the place is not wholly inside it or not aligned.
    public func ring(at offset: UInt64, byteCount: Int) -> SharedRecord? {
        guard byteCount > 0, byteCount <= SegmentLayout.byteCount, offset.isMultiple(of: 64),
            offset >= UInt64(SegmentLayout.heapOffset), offset <= UInt64(SegmentLayout.byteCount - byteCount)
        else { return nil }
        return unsafe SharedRecord(at: base + Int(offset))
    }
}
