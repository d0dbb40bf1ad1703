// AccessVerdict.swift - whether an access is granted, and if not, why.
//
// Spec: IBA vol 1, 10.6.3. On the wire all refusals look the same; the reason is for the one who asks why.

/// Whether an access is granted, and if not, why.
@frozen
public enum AccessVerdict: UInt8, Sendable, CaseIterable {
    case granted
    case noSuchKey
    case wrongProtectionDomain
    case accessDenied
    case outOfBounds

    /// The status of a request whose own local memory was judged so.
    @inlinable
    public var localStatus: CompletionStatus { self == .granted ? .success : .localProtectionError }

    /// What a refused access to remote memory amounts to at the target; nil when granted.
    @inlinable
    public var responderFault: ResponderFault? { self == .granted ? nil : .remoteAccess }
}
