// AddressVector.swift - the path to a remote port.
//
// Spec: IBA vol 1, 11.2.2.1.   C: struct ibv_ah_attr.

/// The path to a remote port.
@frozen
public struct AddressVector: Equatable, Sendable {
    /// Destination GID; meaningful when `isGlobal`.
    public var destination = GlobalIdentifier.zero
    /// Marks packets that belong together, 20 bits.
    public var flowLabel: UInt32 = 0
    /// Which GID of the own port's table is the sender.
    public var sourceGIDIndex: UInt8 = 0
    /// How many routers a packet may pass.
    public var hopLimit: UInt8 = 0
    /// The class of service on the way.
    public var trafficClass: UInt8 = 0
    /// Destination LID; 0 on Ethernet.
    public var destinationLocalIdentifier: UInt16 = 0
    /// The service level, 4 bits.
    public var serviceLevel: UInt8 = 0
    /// The lower bits of the own LID.
    public var sourcePathBits: UInt8 = 0
    /// Raw value of ibv_rate; 0 is the fastest.
    public var staticRate: UInt8 = 0
    /// Whether packets carry a global route.
    public var isGlobal = false
    /// The own port, from 1.
    public var portNumber: UInt8 = 0

    /// All zero.
    public init() {}
}
