// SharedReceiveQueueEntry.swift - a shared receive queue, in its owner's segment.
//
// Owns: the meaning of each word. Slots are handed out in posting order through the order ring, because their
// completions may be polled in another order than they were consumed in.
// Locking: `lock` is held by a poster while it takes one request; under it nothing else is taken. `responderLock` comes
// after a queue pair's lock and before `lock`.

/// A shared receive queue as its posters see it.
@frozen
public struct SharedReceiveQueueEntry {
    @usableFromInline let record: SharedRecord

    @inlinable
    init(_ record: SharedRecord) { self.record = record }

    // Poster's line.
    @inlinable public var lock: SharedLock { SharedLock(record.word64(0)) }
    /// Requests consumed so far, wrapping.
    @inlinable public var head: SharedWord32 { record.word32(8) }

    // Owner's line.
    /// Requests posted so far, wrapping.
    @inlinable public var tail: SharedWord32 { record.word32(64) }

    // Configuration line.
    @inlinable public var ring: SharedWord64 { record.word64(128) }
    /// Ring of slot numbers in posting order.
    @inlinable public var order: SharedWord64 { record.word64(136) }
    /// A power of two.
    @inlinable public var capacity: SharedWord32 { record.word32(144) }
    @inlinable public var elements: SharedWord32 { record.word32(148) }
    @inlinable public var protectionDomain: SharedWord32 { record.word32(152) }
    /// 0 unused, 1 live.
    @inlinable public var state: SharedWord32 { record.word32(156) }
    /// Fewer requests than this raise the limit event, once; 0 is not armed.
    @inlinable public var limit: SharedWord32 { record.word32(160) }
    @inlinable public var events: SharedWord32 { record.word32(164) }
    @inlinable public var eventDescriptor: SharedWord32 { record.word32(168) }
    /// Of an extended connection: the completion queue's index plus one. 0: completions go where the queue pair's go.
    @inlinable public var completionQueue: SharedWord32 { record.word32(172) }
    /// Of an extended connection; of none otherwise.
    @inlinable
    public var xrcDomain: SharedXRCDomain { SharedXRCDomain(serial: record.word64(176), scope: record.word64(184)) }

    // Responder's line, used by extended connections only.
    /// Held while a message or a one-sided request is executed by this queue's keys, under the lock of the target queue
    /// pair, which may be another process's. Deregistration waits for it, as it does for a queue pair's lock.
    @inlinable public var responderLock: SharedLock { SharedLock(record.word64(192)) }
    /// Changes with each life of the entry.
    @inlinable public var epoch: SharedWord32 { record.word32(200) }
}
