// QueuePairEntry.swift - the responder's side of a queue pair, in its owner's segment.
//
// Owns: the meaning of each word. Written by the owner, except where a line says "poster": whoever executes a request
// against this queue pair, under `lock`.
// Does not: hold the send queue (that is the owner's private memory).
// Locking: `lock` is held while a request is executed against this queue pair, and while the owner changes its state.
// It is also what deregistration waits for: a key is looked up only under it.

import Verbs

/// A queue pair as its peers see it. Four cache lines: poster's, configuration, owner's, events.
@frozen
public struct QueuePairEntry {
    @usableFromInline let record: SharedRecord

    @inlinable
    init(_ record: SharedRecord) { self.record = record }

    // Poster's line.
    @inlinable public var lock: SharedLock { SharedLock(record.word64(0)) }
    /// Receive requests consumed so far, wrapping.
    @inlinable public var receiveHead: SharedWord32 { record.word32(8) }
    /// Bytes put into the eager ring so far, wrapping.
    @inlinable public var eagerHead: SharedWord32 { record.word32(12) }

    // Configuration line.
    /// See `QueuePairStatus`.
    @inlinable public var status: SharedWord64 { record.word64(64) }
    /// The connected peer's number; 0 while there is none.
    @inlinable public var peer: SharedWord32 { record.word32(72) }
    @inlinable public var number: SharedWord32 { record.word32(76) }
    @inlinable public var queueKey: SharedWord32 { record.word32(80) }
    @inlinable public var protectionDomain: SharedWord32 { record.word32(84) }
    /// Index of the completion queue for receives.
    @inlinable public var receiveCompletionQueue: SharedWord32 { record.word32(88) }
    /// Index of the shared receive queue plus one; 0 is none.
    @inlinable public var sharedReceiveQueue: SharedWord32 { record.word32(92) }
    @inlinable public var receiveRing: SharedWord64 { record.word64(96) }
    /// A power of two, or 0.
    @inlinable public var receiveCapacity: SharedWord32 { record.word32(104) }
    @inlinable public var receiveElements: SharedWord32 { record.word32(108) }
    @inlinable public var eagerRing: SharedWord64 { record.word64(112) }
    @inlinable public var receivePSN: SharedWord32 { record.word32(120) }
    /// Device index; port numbers are always 1.
    @inlinable public var device: SharedWord32 { record.word32(124) }

    // Owner's line.
    /// Receive requests posted so far, wrapping.
    @inlinable public var receiveTail: SharedWord32 { record.word32(128) }
    /// Bytes taken out of the eager ring so far, wrapping.
    @inlinable public var eagerTail: SharedWord32 { record.word32(132) }
    @inlinable public var responderResources: SharedWord32 { record.word32(136) }

    // Event line.
    /// One bit for each pending asynchronous event type below 32.
    @inlinable public var events: SharedWord32 { record.word32(192) }
    /// The owner's descriptor number to signal for them, plus one; 0 is none.
    @inlinable public var eventDescriptor: SharedWord32 { record.word32(196) }
    /// An extended connection's target: whose shared receive queues it may deliver to. Written once, at creation.
    @inlinable
    public var xrcDomain: SharedXRCDomain { SharedXRCDomain(serial: record.word64(216), scope: record.word64(224)) }
    /// An extended connection's target: how many handles other than its owner's are open. Under `lock`.
    @inlinable public var openings: SharedWord32 { record.word32(232) }
    /// How the owner got at the memory of the peer that it bound last, a `PeerReach`; 0 before that.
    @inlinable public var reach: SharedWord32 { record.word32(236) }
    /// What the owner vouches for about its posted receives; see `ReceiveFacts`.
    @inlinable public var facts: ReceiveFacts { ReceiveFacts(epoch: record.word32(200), word: record.word64(208)) }
}
