// Hold.swift - an actor's own reference on the frame it looks at.

/// An actor's own reference on the frame it looks at.
public enum Hold: Int, Sendable {
    case none = 0
    case reference
    case pin
    /// The frame was freed while the actor looked at it without a reference.
    case stale
}
