// SegmentLayout.swift - where things stand in a process's shared segment.
//
// Owns: the offsets and sizes, all of them constants, so that no peer can move a table. The rest of the segment (the
// heap) holds rings, whose places are given by table entries and are checked before use.
//
//     header | atomic locks | queue pairs | completion queues | shared receive queues | keys | transfers | mailbox | heap …

/// The shared segment's map. Offsets and sizes in bytes.
public enum SegmentLayout {
    /// Identifies a segment of this layout; changes with any change of layout.
    public static let magic: UInt64 = 0x5645_5242_454e_4107
    /// Sparse: pages cost memory only when touched.
    public static let byteCount = 4 << 30

    public static let headerOffset = 0
    public static let headerBytes = 4096

    public static let atomicLockOffset = headerOffset + headerBytes
    public static let atomicLockCount = 64
    public static let atomicLockBytes = 64

    public static let queuePairOffset = atomicLockOffset + atomicLockCount * atomicLockBytes
    public static let queuePairCount = 32_768
    public static let queuePairBytes = 256

    public static let completionQueueOffset = queuePairOffset + queuePairCount * queuePairBytes
    public static let completionQueueCount = 65_536
    public static let completionQueueBytes = 256

    public static let sharedReceiveQueueOffset = completionQueueOffset + completionQueueCount * completionQueueBytes
    public static let sharedReceiveQueueCount = 16_384
    public static let sharedReceiveQueueBytes = 256

    public static let keyOffset = sharedReceiveQueueOffset + sharedReceiveQueueCount * sharedReceiveQueueBytes
    /// A million registrations, and index 0 that is never handed out.
    public static let keyCount = 1 << 20 + 64
    public static let keyBytes = 64

    /// Requests to the owner's agent to copy, each with a window of chunk buffers.
    public static let transferOffset = (keyOffset + keyCount * keyBytes + 4095) & ~4095
    /// One for each bit of `SegmentHeader.transfersPending`.
    public static let transferCount = 64
    public static let transferBytes = 256
    public static let transferChunkBytes = 64 << 10
    public static let transferWindow = 4
    static let transferChunkOffset = transferOffset + transferCount * transferBytes

    /// Events that the owner's agent is asked to raise. A power of two.
    static let mailboxWords = 1024
    static let mailboxOffset = transferChunkOffset + transferCount * transferWindow * transferChunkBytes

    public static let heapOffset = mailboxOffset + mailboxWords * 4

    /// Queue pair numbers are handed out in blocks of this many; each block is one name of the fabric.
    public static let queuePairsPerBlock = 256
    public static let blockCountMax = queuePairCount / queuePairsPerBlock
}
