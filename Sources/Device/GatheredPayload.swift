// GatheredPayload.swift - what was found of a request's local memory.

import Verbs

/// The pieces of a request that stand in the queue pair's scratch list.
struct GatheredPayload {
    /// Pieces in use, a route header in front included.
    var pieceCount = 0
    /// Bytes, a route header in front included.
    var byteCount: UInt64 = 0
    /// What the receiver is told of the bytes in front.
    var flags: CompletionFlags = []
}
