// QueuePairAttributeMask.swift - which attributes a modify names.
//
// C: enum ibv_qp_attr_mask, same raw values.

/// Which attributes a modify names.
@frozen
public struct QueuePairAttributeMask: OptionSet, Sendable, Hashable {
    public let rawValue: UInt32

    @inlinable
    public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// The state to move to.
    public static let state = Self(rawValue: 1 << 0)
    /// The state that the caller believes in.
    public static let currentState = Self(rawValue: 1 << 1)
    /// Whether SQD raises an event once drained.
    public static let enableDrainedNotification = Self(rawValue: 1 << 2)
    /// What peers may do through the queue pair.
    public static let accessFlags = Self(rawValue: 1 << 3)
    /// Which partition key of the port is used.
    public static let partitionKeyIndex = Self(rawValue: 1 << 4)
    /// The port.
    public static let port = Self(rawValue: 1 << 5)
    /// What datagrams to it must carry.
    public static let queueKey = Self(rawValue: 1 << 6)
    /// The path to the peer.
    public static let addressVector = Self(rawValue: 1 << 7)
    /// The largest packet on the path.
    public static let pathMTU = Self(rawValue: 1 << 8)
    /// How long an answer may take.
    public static let timeout = Self(rawValue: 1 << 9)
    /// How often a request without answer is repeated.
    public static let retryCount = Self(rawValue: 1 << 10)
    /// How often a request without receive is repeated.
    public static let receiverNotReadyRetry = Self(rawValue: 1 << 11)
    /// The first packet number to expect.
    public static let receivePSN = Self(rawValue: 1 << 12)
    /// How many reads and atomics it may have on the way.
    public static let maxInitiatorDepth = Self(rawValue: 1 << 13)
    /// The path to change to.
    public static let alternatePath = Self(rawValue: 1 << 14)
    /// How long a peer without receive is told to wait.
    public static let minReceiverNotReadyTimer = Self(rawValue: 1 << 15)
    /// The first packet number to send.
    public static let sendPSN = Self(rawValue: 1 << 16)
    /// How many reads and atomics of the peer it serves at once.
    public static let maxResponderResources = Self(rawValue: 1 << 17)
    /// Whether the path may change.
    public static let pathMigrationState = Self(rawValue: 1 << 18)
    /// The sizes of the queues.
    public static let capabilities = Self(rawValue: 1 << 19)
    /// The peer's number.
    public static let destinationQueuePair = Self(rawValue: 1 << 20)
    /// The most that it may send, in kbit/s.
    public static let rateLimit = Self(rawValue: 1 << 25)
}
