// Target.swift - one place for a bound responder in a queue pair's private memory.

import Fabric
import Verbs

/// A responder and the number it was bound for.
struct Target {
    var number = QueuePairNumber(rawValue: 0)
    var responder: Responder?
    /// The target has been told that communication is established.
    var toldEstablished = false
}
