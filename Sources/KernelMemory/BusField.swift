// BusField.swift - where the message bus keeps its counters.
//
// Owns: the layout of the bus cells, by first cell. A peer is an index below `Bounds.peers`, a user the first of its peers; counters of
// resources lie in the order of `BusResource`.

/// Fields of the message bus, by first cell.
enum BusField: Int {
    /// Which user each peer belongs to.
    case user = 0
    /// What each user has left: row user, column resource.
    case remaining = 4
    /// What each peer has left of what is its own: row peer, column resource.
    case peerRemaining = 20
    /// What each user has in flight at each other: row target, then actor, column resource.
    case share = 36
    /// What each user has in flight at each peer: row peer, then actor, column resource.
    case peerShare = 100
    /// Messages queued at each peer.
    case queued = 164
    /// Senders of queued messages, first to last: +1, and `BusMessage`'s bits.
    case queueSender = 168
    case queueBytes = 192
    /// File descriptors in queued messages.
    case queueDescriptors = 216
    /// How many users were ever seen at each user.
    case seenCount = 240
    /// Which, as bits.
    case seen = 244
    /// 1: the peer's node is destroyed.
    case destroyed = 248
    /// Messages that a peer received in all.
    case received = 252
    /// For each peer's node, the peers that hold a handle of it, as bits.
    case held = 256
    /// For each peer's node, the holders who were charged for their handle, as bits.
    case handleCharged = 260
    /// Messages that a peer has received and not yet released.
    case unreleased = 264
    /// Replies that a requester has paid for: row requester, column agent.
    case paidReplies = 268
    /// Bytes of these.
    case paidBytes = 284
    /// Messages received and not yet released whose slices somebody else paid for.
    case unreleasedForeign = 300
    /// The peers that want to be told when nodes end, as bits.
    case listeners = 304
    /// The nodes of whose end each peer has read, as bits.
    case told = 308

    /// Messages that a queue has room for.
    static var queueLength: Int { 6 }
}
