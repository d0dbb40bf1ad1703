// Zone.swift - where a frame is.

/// Where a frame is.
public enum Zone: Int, CaseIterable, Sendable {
    case normal = 0
    case movable
    case contiguous
    /// Coherent device memory as a NUMA node of its own (2016 proposal).
    case coherentNode
    case deviceCoherent
    case devicePrivate
    case peerToPeer
    case storage
}
