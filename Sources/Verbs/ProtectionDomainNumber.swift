// ProtectionDomainNumber.swift - the number of a protection domain within its process.
//
// Spec: IBA vol 1, 10.2.3.   C: struct ibv_pd.handle.

/// A protection domain's number, unique within its process while it lives. 0 names none.
@frozen
public struct ProtectionDomainNumber: RawRepresentable, Hashable, Sendable {
    public let rawValue: UInt32

    @inlinable
    public init(rawValue: UInt32) { self.rawValue = rawValue }

    @inlinable public static var none: Self { Self(rawValue: 0) }
}
