// QueuePairType.swift - the transport service of a queue pair.
//
// Spec: IBA vol 1, 9.2, annex A14 (extended reliable connection).   C: enum ibv_qp_type, same raw values.

/// The transport service of a queue pair.
@frozen
public enum QueuePairType: UInt8, Sendable, CaseIterable {
    /// RC: one peer, nothing is lost; all operations.
    case reliableConnection = 2
    /// UC: one peer, losses are not told; messages and writes.
    case unreliableConnection = 3
    /// UD: any peer, losses are not told; messages of one packet.
    case unreliableDatagram = 4
    /// The sending half of an extended reliable connection: no receive queue.
    case xrcInitiator = 9
    /// The receiving half: no queue at all; each message names the shared receive queue that takes it.
    case xrcTarget = 10

    /// Bound to one remote queue pair.
    @inlinable
    public var isConnected: Bool { self != .unreliableDatagram }

    /// What is sent arrives, or the sender is told.
    @inlinable
    public var isReliable: Bool { self == .reliableConnection || self == .xrcInitiator || self == .xrcTarget }

    /// One half of an extended reliable connection.
    @inlinable
    public var isExtended: Bool { self == .xrcInitiator || self == .xrcTarget }

    /// All but an extended connection's target.
    @inlinable
    public var hasSendQueue: Bool { self != .xrcTarget }

    /// All but the two ends of an extended connection, which receive by shared receive queues.
    @inlinable
    public var hasReceiveQueue: Bool { !isExtended }

    /// The type of queue pair that executes this one's requests.
    @inlinable
    public var responder: QueuePairType { self == .xrcInitiator ? .xrcTarget : self }
}
