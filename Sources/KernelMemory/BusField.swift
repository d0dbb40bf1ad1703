// BusField.swift - where the message bus keeps its counters.
//
// Owns: the layout of the bus cells: one row of `Bounds.peers` per field, the matrices of shares, a queue of four per peer.

/// Fields of the message bus, by first cell.
enum BusField: Int {
    /// What each peer's user has left.
    case remaining = 0
    /// What each actor has in flight at each target: row target, column actor.
    case share = 4
    /// Messages queued at each peer.
    case queued = 20
    /// Senders of queued messages, first to last; +1, and +16 for a reply.
    case queue = 24
    /// How many users were ever seen at each target.
    case seenCount = 40
    /// Which, as bits.
    case seen = 44
    /// 1: the peer's node is destroyed.
    case destroyed = 48
    /// Messages that a peer has received and not yet released.
    case unreleased = 52
    /// Messages that a peer received in all.
    case received = 56
    /// For each peer's node, the peers that hold a handle of it, as bits.
    case held = 60
    /// What each peer's user has left for handles.
    case handlesRemaining = 64
    /// Handles that each actor has in flight at each target: row target, column actor.
    case handleShare = 68
    /// For each peer's node, the holders who were charged for their handle, as bits.
    case handleCharged = 84
}
