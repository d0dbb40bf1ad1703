// QueuePairAttributes.swift - everything that modify sets and query tells of a queue pair.
//
// Spec: IBA vol 1, 11.2.5.2.   C: struct ibv_qp_attr.

/// Everything that modify sets and query tells of a queue pair. What a mask names is meaningful; the rest is not.
public struct QueuePairAttributes: Sendable {
    /// The state to move to; in a query, the state at the moment.
    public var state = QueuePairState.reset
    /// The state that the caller believes in.
    public var currentState = QueuePairState.reset
    /// Raw value of ibv_mtu: 1 = 256 bytes … 5 = 4096 bytes.
    public var pathMTU: UInt8 = 0
    /// Raw value of ibv_mig_state: 0 migrated, 1 rearm, 2 armed.
    public var pathMigrationState: UInt8 = 0
    /// What datagrams to it must carry.
    public var queueKey: UInt32 = 0
    /// The first packet number to expect, 24 bits.
    public var receivePSN: UInt32 = 0
    /// The first packet number to send, 24 bits.
    public var sendPSN: UInt32 = 0
    /// The peer's number.
    public var destinationQueuePair = QueuePairNumber(rawValue: 0)
    /// What peers may do through the queue pair.
    public var accessFlags: AccessFlags = []
    /// The sizes of the queues.
    public var capabilities = QueuePairCapabilities()
    /// The path to the peer.
    public var addressVector = AddressVector()
    /// The path to change to.
    public var alternateAddressVector = AddressVector()
    /// Which partition key of the port is used.
    public var partitionKeyIndex: UInt16 = 0
    /// Which partition key the alternate path uses.
    public var alternatePartitionKeyIndex: UInt16 = 0
    /// Whether SQD raises an event once drained.
    public var enableDrainedNotification = false
    /// In a query: whether state SQD still waits for requests on the way.
    public var isDraining = false
    /// How many reads and atomics it may have on the way.
    public var maxInitiatorDepth: UInt8 = 0
    /// How many reads and atomics of the peer it serves at once.
    public var maxResponderResources: UInt8 = 0
    /// Code of 5 bits; see `ReceiverNotReadyTimer`.
    public var minReceiverNotReadyTimer: UInt8 = 0
    /// The port, from 1.
    public var port: UInt8 = 0
    /// Code of 5 bits: 4.096 µs × 2^timeout; 0 is for ever. See `AcknowledgeTimeout`.
    public var timeout: UInt8 = 0
    /// 3 bits.
    public var retryCount: UInt8 = 0
    /// 3 bits; 7 is for ever.
    public var receiverNotReadyRetry: UInt8 = 0
    /// The port of the alternate path, from 1.
    public var alternatePort: UInt8 = 0
    /// The timeout on the alternate path, coded as `timeout`.
    public var alternateTimeout: UInt8 = 0
    /// The most that it may send, in kbit/s; 0 is no limit.
    public var rateLimit: UInt32 = 0

    /// All zero.
    public init() {}
}
