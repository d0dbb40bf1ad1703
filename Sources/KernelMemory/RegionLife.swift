// RegionLife.swift - the life of a holder.

/// The life of a holder.
public enum RegionLife: Int, CaseIterable, Sendable {
    case none = 0
    case registering
    case live
    /// The device refuses the key; frames may still be held.
    case invalidated
    /// Revoked by the exporter: the key stays reserved, every access fails.
    case revoked
}
