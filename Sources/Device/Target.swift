// Target.swift - one place for a bound responder in a queue pair's private memory.

import Fabric
import Verbs

/// A responder and the number it was bound for.
struct Target {
    var number = QueuePairNumber(rawValue: 0)
    var responder: Responder?
    /// The last region reached through shared memory: its key, and where it stands here.
    var mappedKey = MemoryKey(rawValue: 0)
    var mappedAddress: UInt64 = 0
    /// The target has been told that communication is established.
    var toldEstablished = false
}
