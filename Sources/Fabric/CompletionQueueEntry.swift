// CompletionQueueEntry.swift - a completion queue, in its owner's segment.
//
// Owns: the meaning of each word. Producers (the owner's own sends, peers' posts) write under `lock`; the owner polls
// without it. A slot counts as published when its own sequence word says so, so that a producer that dies before
// that leaves nothing behind.
// Locking: `lock` is a leaf: nothing else is taken under it.

/// A completion queue as its producers see it. Lines: producers', consumer's, notification, configuration.
@frozen
public struct CompletionQueueEntry {
    @usableFromInline let record: SharedRecord

    @inlinable
    init(_ record: SharedRecord) { self.record = record }

    // Producers' line.
    @inlinable public var lock: SharedLock { SharedLock(record.word64(0)) }
    /// Completions published so far, wrapping. Under `lock`.
    @inlinable public var tail: SharedWord32 { record.word32(8) }
    /// What producers last saw of `head`. Under `lock`.
    @inlinable public var headSeen: SharedWord32 { record.word32(12) }

    /// Counts the ring's moves to another place or size. Under `lock`.
    @inlinable public var placement: SharedWord32 { record.word32(16) }

    // Consumer's line.
    /// Completions polled so far, wrapping.
    @inlinable public var head: SharedWord32 { record.word32(64) }

    // Notification line.
    /// 0 not armed, 1 armed for solicited completions, 2 armed for any.
    @inlinable public var armed: SharedWord32 { record.word32(128) }
    /// Events raised so far, wrapping.
    @inlinable public var eventsRaised: SharedWord32 { record.word32(132) }
    @inlinable public var events: SharedWord32 { record.word32(136) }

    // Configuration line.
    @inlinable public var ring: SharedWord64 { record.word64(192) }
    /// Slots in the ring, a power of two.
    @inlinable public var capacity: SharedWord32 { record.word32(200) }
    /// Completions that may wait at once: what the creator asked for.
    @inlinable public var limit: SharedWord32 { record.word32(204) }
    /// The owner's channel descriptor number plus one; 0 is none.
    @inlinable public var channelDescriptor: SharedWord32 { record.word32(208) }
    @inlinable public var eventDescriptor: SharedWord32 { record.word32(212) }
    /// 0 unused, 1 live, 2 overrun.
    @inlinable public var state: SharedWord32 { record.word32(216) }

    /// 1: each slot carries the time of its completion.
    @inlinable public var carriesTimestamps: SharedWord32 { record.word32(220) }
    /// 1: a completion that finds no room is lost, or waits, and the queue stays as it is.
    @inlinable public var ignoresOverrun: SharedWord32 { record.word32(224) }

    public static let unused: UInt32 = 0
    public static let live: UInt32 = 1
    public static let overrun: UInt32 = 2
}
