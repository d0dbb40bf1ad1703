// CompletionSlot.swift - one entry of a completion ring.
//
// Owns: the meaning of its words. 128 bytes: a header of 40 and room for a small message, which travels inside and is
// scattered when the owner polls, as adapters do.
// Locking: a producer fills a slot under the completion queue's lock and publishes it by its sequence word.

/// One entry of a completion ring.
@frozen
public struct CompletionSlot {
    @usableFromInline let record: SharedRecord

    @inlinable
    init(_ record: SharedRecord) { self.record = record }

    public static let byteCount = 128
    public static let payloadOffset = 40
    /// The largest message that travels inside, where no timestamp does.
    public static let payloadBytesMax = byteCount - payloadOffset
    static let timestampOffset = byteCount - 8

    /// Where all of it stands, for a copy.
    public var address: UInt64 { record.address(0) }

    /// Position + 1 once published.
    @inlinable public var sequence: SharedWord32 { record.word32(0) }
    /// Index in the owner's queue pair table, or, of an extended connection's receive, in its shared receive queue table.
    @inlinable public var queuePair: SharedWord32 { record.word32(4) }
    /// The queue pair's epoch: completions of an earlier life are dropped.
    @inlinable public var epoch: SharedWord32 { record.word32(8) }
    /// See `CompletionHeader`.
    @inlinable public var header: SharedWord32 { record.word32(12) }
    /// Sends: position in the send queue. Receives: position in the receive queue or slot of the shared one.
    @inlinable public var position: SharedWord32 { record.word32(16) }
    @inlinable public var byteCount: SharedWord32 { record.word32(20) }
    @inlinable public var immediate: SharedWord32 { record.word32(24) }
    /// Datagrams: who sent it, 24 bits of queue pair number and 8 of LID. Extended connections: the
    /// target queue pair's number.
    @inlinable public var source: SharedWord32 { record.word32(28) }
    /// Sends: the work request's identifier. Receives: where an eager payload begins in the eager ring.
    @inlinable public var identifier: SharedWord64 { record.word64(32) }

    /// Queues with timestamps only: when the completion was published, in monotonic nanoseconds.
    public var timestamp: SharedWord64 { record.word64(Self.timestampOffset) }

    /// The address of the payload room.
    @inlinable public var payload: SharedRecord { record.advanced(by: Self.payloadOffset) }
}
