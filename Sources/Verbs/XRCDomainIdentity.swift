// XRCDomainIdentity.swift - which XRC domain an object belongs to, as every process of the fabric sees it.
//
// Owns: the two words, and when two of them are the same domain. Does not: open files, or know who has a domain open.
// Spec: IBA vol 1, annex A14.   C: struct ibv_xrcd; the kernel finds a shared domain by the inode of a file.

/// An XRC domain's name. Two zero words name none.
@frozen
public struct XRCDomainIdentity: Equatable, Hashable, Sendable {
    /// The inode, or a number that its process gives out once.
    public let serial: UInt64
    /// What the serial number belongs to: kind, device of the fabric, and file system or process.
    public let scope: UInt64

    public init(serial: UInt64, scope: UInt64) {
        self.serial = serial
        self.scope = scope
    }

    /// Of no domain.
    public static let none = XRCDomainIdentity(serial: 0, scope: 0)

    /// The domain that all processes share which open it by the same file, on the same device.
    /// - Parameter fileSystem: Linux's device number, which has 32 bits.
    public static func shared(inode: UInt64, fileSystem: UInt32, device: UInt16) -> XRCDomainIdentity {
        XRCDomainIdentity(serial: inode, scope: scope(kind: 1, device: device, owner: fileSystem))
    }

    /// A domain that no other process can open.
    /// - Parameter process: a number that no other living process of the fabric has.
    public static func own(number: UInt64, process: UInt32, device: UInt16) -> XRCDomainIdentity {
        XRCDomainIdentity(serial: number, scope: scope(kind: 2, device: device, owner: process))
    }

    private static func scope(kind: UInt64, device: UInt16, owner: UInt32) -> UInt64 {
        kind << 48 | UInt64(device) << 32 | UInt64(owner)
    }

    public var isNone: Bool { self == .none }
}
