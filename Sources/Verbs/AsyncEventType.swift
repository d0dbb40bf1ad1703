// AsyncEventType.swift - what the device tells without being asked.
//
// Spec: IBA vol 1, 11.6.3.   C: enum ibv_event_type, same raw values.

/// What the device tells without being asked.
@frozen
public enum AsyncEventType: UInt8, Sendable, CaseIterable {
    /// A completion queue overflowed; it takes no more completions.
    case completionQueueError = 0
    /// A queue pair failed in a way that no completion tells; it is in the error state.
    case queuePairFatal = 1
    /// A peer sent a request that the queue pair cannot take; it is in the error state.
    case queuePairRequestError = 2
    /// A peer asked for memory without the right to it; the queue pair is in the error state.
    case queuePairAccessError = 3
    /// A first message came to a queue pair in state RTR.
    case communicationEstablished = 4
    /// A queue pair in state SQD has nothing on the way any more.
    case sendQueueDrained = 5
    /// A queue pair uses its alternate path now.
    case pathMigrated = 6
    /// A queue pair could not change to its alternate path.
    case pathMigrationError = 7
    /// The device failed.
    case deviceFatal = 8
    /// A port came up.
    case portActive = 9
    /// A port went down.
    case portError = 10
    /// A port has another LID.
    case localIdentifierChange = 11
    /// A port's partition key table changed.
    case partitionKeyChange = 12
    /// Another subnet manager is in charge.
    case subnetManagerChange = 13
    /// A shared receive queue failed.
    case sharedReceiveQueueError = 14
    /// Fewer receives are left in a shared receive queue than the limit that was set.
    case sharedReceiveQueueLimitReached = 15
    /// A queue pair in the error state takes no more receives from its shared queue.
    case lastWorkQueueEntryReached = 16
    /// The subnet manager asks programs to subscribe again.
    case clientReregister = 17
    /// A port's GID table changed.
    case globalIdentifierChange = 18

    /// What kind of object an event is about.
    public enum Subject: Sendable {
        /// A completion queue, which the event names.
        case completionQueue
        /// A queue pair, which the event names.
        case queuePair
        /// A shared receive queue, which the event names.
        case sharedReceiveQueue
        /// A port, which the event names by its number.
        case port
        /// The device as a whole.
        case device
    }

    /// What kind of object events of this type are about.
    public var subject: Subject {
        switch self {
        case .completionQueueError: .completionQueue
        case .queuePairFatal, .queuePairRequestError, .queuePairAccessError, .communicationEstablished, .sendQueueDrained,
            .pathMigrated, .pathMigrationError, .lastWorkQueueEntryReached:
            .queuePair
        case .sharedReceiveQueueError, .sharedReceiveQueueLimitReached: .sharedReceiveQueue
        case .portActive, .portError, .localIdentifierChange, .partitionKeyChange, .subnetManagerChange, .clientReregister,
            .globalIdentifierChange:
            .port
        case .deviceFatal: .device
        }
    }
}
