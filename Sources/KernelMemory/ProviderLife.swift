// ProviderLife.swift - the life of the peer-to-peer provider.

/// The life of the peer-to-peer provider.
public enum ProviderLife: Int, Sendable {
    case bound = 0
    case unmapped
    case killed
    case drained
    case freed
}
