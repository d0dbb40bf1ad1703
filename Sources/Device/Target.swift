// Target.swift - one place for a bound responder in a queue pair's private memory.
//
// Owns: the responder and what was last seen of its owner's counters, so that the owner's cache line is read only when
// it must be. Locking: `sendLock`.

import Fabric
import Verbs

/// A responder, the number it was bound for, and what is remembered of it.
struct Target {
    var number = QueuePairNumber(rawValue: 0)
    /// While false, `responder` is a placeholder.
    var isBound = false
    var responder: Responder
    /// The owner's posted receives, as last seen.
    var receiveTailSeen: UInt32 = 0
    /// What the owner has taken out of the eager ring, as last seen.
    var eagerTailSeen: UInt32 = 0
    /// The last region reached through shared memory: its serial number, and where it stands here. `QueuePair.regions`
    /// keeps it mapped.
    var mappedSerial: UInt64 = 0
    var mappedAddress: UInt64 = 0
    var mappedBytes: UInt64 = 0
    /// The target has been told that communication is established.
    var toldEstablished = false

    /// An unbound place.
    init(placeholder: Responder) { responder = placeholder }

    init(number: QueuePairNumber, responder: Responder) {
        self.number = number
        self.responder = responder
        isBound = true
        receiveTailSeen = responder.entry.receiveHead.load()
        eagerTailSeen = responder.entry.eagerTail.acquire()
    }

    /// Whether the receive at a position was there when last looked. Positions wrap.
    @inline(__always)
    func hasSeenReceive(_ position: UInt32) -> Bool { Int32(bitPattern: receiveTailSeen &- position) > 0 }
}
