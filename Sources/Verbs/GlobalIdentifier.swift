// GlobalIdentifier.swift - the 128-bit address of a port.
//
// Spec: IBA vol 1, 4.1.1; RoCEv2 annex A17 (IPv4-mapped form).   C: union ibv_gid.

/// The 128-bit address of a port, in network byte order.
@frozen
public struct GlobalIdentifier: Hashable, Sendable {
    /// First eight bytes as a big-endian number.
    public var subnetPrefix: UInt64
    /// Last eight bytes as a big-endian number.
    public var interfaceID: UInt64

    /// Makes an identifier of its two halves, as big-endian numbers.
    @inlinable
    public init(subnetPrefix: UInt64, interfaceID: UInt64) {
        self.subnetPrefix = subnetPrefix
        self.interfaceID = interfaceID
    }

    /// fe80::/64 and an interface identifier.
    @inlinable
    public static func linkLocal(interfaceID: UInt64) -> Self { Self(subnetPrefix: 0xfe80 << 48, interfaceID: interfaceID) }

    /// ::ffff:a.b.c.d
    @inlinable
    public static func mapped(ipv4 address: UInt32) -> Self {
        Self(subnetPrefix: 0, interfaceID: 0xffff << 32 | UInt64(address))
    }

    /// ::ffff:a.b.c.d, as RoCE names IPv4 addresses.
    @inlinable
    public var isMappedIPv4: Bool { subnetPrefix == 0 && interfaceID >> 32 == 0xffff }

    /// ff00::/8, or 224.0.0.0/4 as RoCE names IPv4 addresses: a group.
    @inlinable
    public var isMulticast: Bool { subnetPrefix >> 56 == 0xff || isMappedIPv4 && interfaceID >> 28 & 0xf == 0xe }

    /// The unspecified address.
    public static let zero = Self(subnetPrefix: 0, interfaceID: 0)
}
