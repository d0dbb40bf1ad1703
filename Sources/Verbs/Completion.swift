// Completion.swift - one finished work request, as the poller sees it.
//
// Spec: IBA vol 1, 11.4.2.1 (poll for completion).   C: struct ibv_wc, same layout (48 bytes): polling writes
// straight into the caller's array.

/// One finished work request.
@frozen
public struct Completion: Sendable {
    /// The identifier given when posting.
    public var workRequestID: UInt64
    /// Raw value of a `CompletionStatus`.
    public var status: UInt32
    /// Raw value of a `CompletionOpcode`. Undefined unless `status` is success.
    public var opcode: UInt32
    public var vendorError: UInt32
    /// Bytes received, read or swapped.
    public var byteCount: UInt32
    /// Immediate data in network byte order, or the invalidated key.
    public var immediate: UInt32
    public var queuePairNumber: UInt32
    /// UD only: who sent it.
    public var sourceQueuePair: UInt32
    /// Raw value of `CompletionFlags`.
    public var flags: UInt32
    public var partitionKeyIndex: UInt16
    public var sourceLocalIdentifier: UInt16
    public var serviceLevel: UInt8
    public var destinationPathBits: UInt8

    @inlinable
    public init(
        workRequestID: UInt64, status: CompletionStatus, opcode: UInt32, byteCount: UInt32, immediate: UInt32,
        queuePair: QueuePairNumber, sourceQueuePair: UInt32, flags: CompletionFlags
    ) {
        self.workRequestID = workRequestID
        self.status = status.rawValue
        self.opcode = opcode
        self.vendorError = 0
        self.byteCount = byteCount
        self.immediate = immediate
        self.queuePairNumber = queuePair.rawValue
        self.sourceQueuePair = sourceQueuePair
        self.flags = flags.rawValue
        self.partitionKeyIndex = 0
        self.sourceLocalIdentifier = 0
        self.serviceLevel = 0
        self.destinationPathBits = 0
    }
}
