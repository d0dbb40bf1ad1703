// QueuePairState.swift - the states of a queue pair.
//
// Spec: IBA vol 1, 10.3.1.   C: enum ibv_qp_state, same raw values.

/// The states of a queue pair.
@frozen
public enum QueuePairState: UInt8, Sendable, CaseIterable {
    case reset = 0
    case initialized = 1
    case readyToReceive = 2
    case readyToSend = 3
    case sendQueueDrained = 4
    case sendQueueError = 5
    case error = 6
}
