// RegionUse.swift - what somebody wants to do with a region.

/// What somebody wants to do with a region.
@frozen
public enum RegionUse: UInt8, Sendable, CaseIterable {
    /// Gathering what is sent or written.
    case localRead
    /// Scattering what is received or read.
    case localWrite
    case remoteRead
    case remoteWrite
    case remoteAtomic

    /// By the queue pair that posted the request, not by its peer.
    @inlinable
    public var isLocal: Bool { self == .localRead || self == .localWrite }

    /// The right that this use needs. Every region can be read locally.
    @inlinable
    public var requiredAccess: AccessFlags {
        switch self {
        case .localRead: AccessFlags(rawValue: 0)
        case .localWrite: .localWrite
        case .remoteRead: .remoteRead
        case .remoteWrite: .remoteWrite
        case .remoteAtomic: .remoteAtomic
        }
    }
}
