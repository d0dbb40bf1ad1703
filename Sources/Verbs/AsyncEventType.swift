// AsyncEventType.swift - what the device tells without being asked.
//
// Spec: IBA vol 1, 11.6.3.   C: enum ibv_event_type, same raw values.

/// What the device tells without being asked.
@frozen
public enum AsyncEventType: UInt8, Sendable, CaseIterable {
    case completionQueueError = 0
    case queuePairFatal = 1
    case queuePairRequestError = 2
    case queuePairAccessError = 3
    case communicationEstablished = 4
    case sendQueueDrained = 5
    case pathMigrated = 6
    case pathMigrationError = 7
    case deviceFatal = 8
    case portActive = 9
    case portError = 10
    case localIdentifierChange = 11
    case partitionKeyChange = 12
    case subnetManagerChange = 13
    case sharedReceiveQueueError = 14
    case sharedReceiveQueueLimitReached = 15
    case lastWorkQueueEntryReached = 16
    case clientReregister = 17
    case globalIdentifierChange = 18
}
