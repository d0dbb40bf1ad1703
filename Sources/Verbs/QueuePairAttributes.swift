// QueuePairAttributes.swift - everything that modify sets and query tells of a queue pair.
//
// Spec: IBA vol 1, 11.2.5.2.   C: struct ibv_qp_attr.

/// Everything that modify sets and query tells of a queue pair. What a mask names is meaningful; the rest is not.
public struct QueuePairAttributes: Sendable {
    public var state = QueuePairState.reset
    public var currentState = QueuePairState.reset
    /// Raw value of ibv_mtu: 1 = 256 bytes … 5 = 4096 bytes.
    public var pathMTU: UInt8 = 0
    /// Raw value of ibv_mig_state: 0 migrated, 1 rearm, 2 armed.
    public var pathMigrationState: UInt8 = 0
    public var queueKey: UInt32 = 0
    public var receivePSN: UInt32 = 0
    public var sendPSN: UInt32 = 0
    public var destinationQueuePair = QueuePairNumber(rawValue: 0)
    public var accessFlags: AccessFlags = []
    public var capabilities = QueuePairCapabilities()
    public var addressVector = AddressVector()
    public var alternateAddressVector = AddressVector()
    public var partitionKeyIndex: UInt16 = 0
    public var alternatePartitionKeyIndex: UInt16 = 0
    public var enableDrainedNotification = false
    public var isDraining = false
    public var maxInitiatorDepth: UInt8 = 0
    public var maxResponderResources: UInt8 = 0
    /// Code of 5 bits; see `ReceiverNotReadyTimer`.
    public var minReceiverNotReadyTimer: UInt8 = 0
    public var port: UInt8 = 0
    /// Code of 5 bits: 4.096 µs × 2^timeout; 0 is for ever. See `AcknowledgeTimeout`.
    public var timeout: UInt8 = 0
    /// 3 bits.
    public var retryCount: UInt8 = 0
    /// 3 bits; 7 is for ever.
    public var receiverNotReadyRetry: UInt8 = 0
    public var alternatePort: UInt8 = 0
    public var alternateTimeout: UInt8 = 0
    public var rateLimit: UInt32 = 0

    public init() {}
}
