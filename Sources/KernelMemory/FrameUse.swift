// FrameUse.swift - what a frame is used for.

/// What a frame is used for.
public enum FrameUse: Int, CaseIterable, Sendable {
    case free = 0
    case anonymous
    case pageCache
    case zero
    case sameMerged
    case peerToPeer
    /// Left the page cache while referenced.
    case orphan
    /// Poisoned by a memory failure.
    case poisoned
}
