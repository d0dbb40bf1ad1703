// SegmentHeader.swift - who owns a segment, and what `verbena status` shows of it.
//
// Owns: the meaning of each word. Written by the owner only.

/// The first page of a segment.
@frozen
public struct SegmentHeader {
    @usableFromInline let record: SharedRecord

    @inlinable
    init(_ record: SharedRecord) { self.record = record }

    @usableFromInline static let holderOffset = 16
    @usableFromInline static let trialOffset = 72
    @usableFromInline static let keyEpochOffset = 128
    @usableFromInline static let sharesFramesOffset = 132

    @inlinable public var magic: SharedWord64 { record.word64(0) }
    /// The owner's own process number; it may mean nothing in another PID namespace.
    @inlinable public var pid: SharedWord32 { record.word32(8) }
    @inlinable public var blockCount: SharedWord32 { record.word32(12) }
    /// Who the owner is; see `HolderIdentity`. Peers try their reach on it.
    @inlinable public var holder: SharedWord64 { record.word64(Self.holderOffset) }
    /// Entries ever used, so that a reader need not walk whole tables.
    @inlinable public var queuePairBound: SharedWord32 { record.word32(24) }
    @inlinable public var completionQueueBound: SharedWord32 { record.word32(28) }
    @inlinable public var sharedReceiveQueueBound: SharedWord32 { record.word32(32) }
    @inlinable public var keyBound: SharedWord32 { record.word32(36) }
    /// Live objects.
    @inlinable public var queuePairs: SharedWord32 { record.word32(40) }
    @inlinable public var completionQueues: SharedWord32 { record.word32(44) }
    @inlinable public var sharedReceiveQueues: SharedWord32 { record.word32(48) }
    @inlinable public var regions: SharedWord32 { record.word32(52) }
    /// Base pages charged for registrations.
    @inlinable public var pinnedPages: SharedWord64 { record.word64(56) }
    @inlinable public var contexts: SharedWord32 { record.word32(64) }
    /// Where peers try whether they may write.
    @inlinable public var trial: SharedWord64 { record.word64(Self.trialOffset) }
    /// Non-zero once the owner was forked, or forks: some of its frames may be shared copy-on-write.
    @inlinable public var sharesFrames: SharedWord32 { record.word32(Self.sharesFramesOffset) }
    /// Non-zero while the owner's agent sleeps, or is about to.
    @inlinable public var agentAsleep: SharedWord32 { record.word32(192) }
    /// Non-zero while the mailbox may hold names.
    @inlinable public var signalsPending: SharedWord32 { record.word32(196) }
    /// One bit for each transfer slot that may hold work for the agent.
    @inlinable public var transfersPending: SharedWord64 { record.word64(200) }
    /// Grows with each key that is withdrawn or changed, and with each change of watched memory; never 0. On a line of its own: posters read it.
    @inlinable public var keyEpoch: SharedWord32 { record.word32(Self.keyEpochOffset) }

    /// The number of the i-th block of queue pair numbers, 0 ..< `SegmentLayout.blockCountMax`.
    @inlinable
    public func block(_ index: Int) -> SharedWord32 {
        record.word32(1024 + (index & (SegmentLayout.blockCountMax - 1)) * 4)
    }

    /// Where in the owner's queue pair table the pair with this number stands; nil when no block of it matches.
    public func queuePairIndex(of number: UInt32) -> Int? {
        let wanted = number / UInt32(SegmentLayout.queuePairsPerBlock)
        let count = min(Int(blockCount.acquire()), SegmentLayout.blockCountMax)
        for index in 0..<count where block(index).load() == wanted {
            return index * SegmentLayout.queuePairsPerBlock + Int(number) % SegmentLayout.queuePairsPerBlock
        }
        return nil
    }
}
