// QueuePairAttributeMask.swift - which attributes a modify names.
//
// C: enum ibv_qp_attr_mask, same raw values.

/// Which attributes a modify names.
@frozen
public struct QueuePairAttributeMask: OptionSet, Sendable, Hashable {
    public let rawValue: UInt32

    @inlinable
    public init(rawValue: UInt32) { self.rawValue = rawValue }

    public static let state = Self(rawValue: 1 << 0)
    public static let currentState = Self(rawValue: 1 << 1)
    public static let enableDrainedNotification = Self(rawValue: 1 << 2)
    public static let accessFlags = Self(rawValue: 1 << 3)
    public static let partitionKeyIndex = Self(rawValue: 1 << 4)
    public static let port = Self(rawValue: 1 << 5)
    public static let queueKey = Self(rawValue: 1 << 6)
    public static let addressVector = Self(rawValue: 1 << 7)
    public static let pathMTU = Self(rawValue: 1 << 8)
    public static let timeout = Self(rawValue: 1 << 9)
    public static let retryCount = Self(rawValue: 1 << 10)
    public static let receiverNotReadyRetry = Self(rawValue: 1 << 11)
    public static let receivePSN = Self(rawValue: 1 << 12)
    public static let maxInitiatorDepth = Self(rawValue: 1 << 13)
    public static let alternatePath = Self(rawValue: 1 << 14)
    public static let minReceiverNotReadyTimer = Self(rawValue: 1 << 15)
    public static let sendPSN = Self(rawValue: 1 << 16)
    public static let maxResponderResources = Self(rawValue: 1 << 17)
    public static let pathMigrationState = Self(rawValue: 1 << 18)
    public static let capabilities = Self(rawValue: 1 << 19)
    public static let destinationQueuePair = Self(rawValue: 1 << 20)
    public static let rateLimit = Self(rawValue: 1 << 25)
}
