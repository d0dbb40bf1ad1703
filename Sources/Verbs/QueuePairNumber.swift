// QueuePairNumber.swift - the number that names a queue pair on its device.
//
// Spec: IBA vol 1, 9.2 (24-bit destination QP).   C: qp_num.

/// A queue pair number, 24 bits. 0 and 1 are reserved for management.
@frozen
public struct QueuePairNumber: RawRepresentable, Hashable, Sendable, Comparable {
    public let rawValue: UInt32

    /// Takes a number; its upper eight bits are ignored.
    @inlinable
    public init(rawValue: UInt32) { self.rawValue = rawValue & 0xff_ffff }

    /// By number.
    @inlinable
    public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }

    /// The destination of UD multicast.
    @inlinable public static var multicast: Self { Self(rawValue: 0xff_ffff) }
}
