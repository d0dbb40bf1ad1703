// LinkLayer.swift - what a port's packets would travel on.
//
// C: IBV_LINK_LAYER_*, same raw values.

/// What a port's packets would travel on: it decides how peers are addressed.
@frozen
public enum LinkLayer: UInt8, Sendable {
    /// Addressed by LID.
    case infiniBand = 1
    /// RoCE: addressed by GID.
    case ethernet = 2
}
