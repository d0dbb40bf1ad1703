// QueuePairType.swift - the transport service of a queue pair.
//
// Spec: IBA vol 1, 9.2.   C: enum ibv_qp_type, same raw values.

/// The transport service of a queue pair.
@frozen
public enum QueuePairType: UInt8, Sendable, CaseIterable {
    case reliableConnection = 2
    case unreliableConnection = 3
    case unreliableDatagram = 4

    /// Bound to one remote queue pair.
    @inlinable
    public var isConnected: Bool { self != .unreliableDatagram }
}
