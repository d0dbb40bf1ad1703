// QueuePairCapabilities.swift - the sizes of a queue pair's queues.
//
// C: struct ibv_qp_cap.

/// The sizes of a queue pair's queues.
@frozen
public struct QueuePairCapabilities: Equatable, Sendable {
    /// Requests that the send queue holds.
    public var sendWorkRequests: UInt32 = 0
    /// Requests that the receive queue holds.
    public var receiveWorkRequests: UInt32 = 0
    /// Pieces of memory in one send.
    public var sendElements: UInt32 = 0
    /// Pieces of memory in one receive.
    public var receiveElements: UInt32 = 0
    /// Bytes.
    public var inlineData: UInt32 = 0

    /// All zero.
    public init() {}
}
