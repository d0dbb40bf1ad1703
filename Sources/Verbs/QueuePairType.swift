// QueuePairType.swift - the transport service of a queue pair.
//
// Spec: IBA vol 1, 9.2.   C: enum ibv_qp_type, same raw values.

/// The transport service of a queue pair.
@frozen
public enum QueuePairType: UInt8, Sendable, CaseIterable {
    /// RC: one peer, nothing is lost; all operations.
    case reliableConnection = 2
    /// UC: one peer, losses are not told; messages and writes.
    case unreliableConnection = 3
    /// UD: any peer, losses are not told; messages of one packet.
    case unreliableDatagram = 4

    /// Bound to one remote queue pair.
    @inlinable
    public var isConnected: Bool { self != .unreliableDatagram }
}
