// ReceiveClaim.swift - a receive request that a message is about to use.

import Fabric

/// A receive request taken for a message.
struct ReceiveClaim {
    let slot: ReceiveSlot
    /// Position in the receive queue, or slot of the shared one.
    let position: UInt32
    let isShared: Bool
    /// Room for elements in the slot: the count that stands there is a peer's word.
    let elementsMax: UInt32
    /// The owner's word was enough: the slot has not been read.
    var isVouchedFor = false
    /// Pieces of the message's place, resolved into the scratch list.
    var pieceCount = 0
}
