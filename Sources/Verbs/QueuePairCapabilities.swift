// QueuePairCapabilities.swift - the sizes of a queue pair's queues.
//
// C: struct ibv_qp_cap.

/// The sizes of a queue pair's queues.
@frozen
public struct QueuePairCapabilities: Equatable, Sendable {
    public var sendWorkRequests: UInt32 = 0
    public var receiveWorkRequests: UInt32 = 0
    public var sendElements: UInt32 = 0
    public var receiveElements: UInt32 = 0
    /// Bytes.
    public var inlineData: UInt32 = 0

    public init() {}
}
