// PendingSend.swift - a send request that has to wait, copied out of the caller's hands.
//
// Owns: plain values; its scatter list or inline bytes stand beside it in PendingSends.

import Verbs

/// A waiting send request.
struct PendingSend {
    var request: SendRequest
    var opcode: SendOpcode
    var destination: DatagramDestination?
    /// Position in the send queue.
    var position: UInt32
}
