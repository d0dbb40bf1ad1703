// AddressVector.swift - the path to a remote port.
//
// Spec: IBA vol 1, 11.2.2.1.   C: struct ibv_ah_attr.

/// The path to a remote port.
@frozen
public struct AddressVector: Equatable, Sendable {
    /// Destination GID; meaningful when `isGlobal`.
    public var destination = GlobalIdentifier.zero
    public var flowLabel: UInt32 = 0
    public var sourceGIDIndex: UInt8 = 0
    public var hopLimit: UInt8 = 0
    public var trafficClass: UInt8 = 0
    public var destinationLocalIdentifier: UInt16 = 0
    public var serviceLevel: UInt8 = 0
    public var sourcePathBits: UInt8 = 0
    public var staticRate: UInt8 = 0
    public var isGlobal = false
    public var portNumber: UInt8 = 0

    public init() {}
}
