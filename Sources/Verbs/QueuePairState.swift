// QueuePairState.swift - the states of a queue pair.
//
// Spec: IBA vol 1, 10.3.1.   C: enum ibv_qp_state, same raw values.

/// The states of a queue pair.
@frozen
public enum QueuePairState: UInt8, Sendable, CaseIterable {
    /// RESET: new, or begun again; takes no request.
    case reset = 0
    /// INIT: takes receives.
    case initialized = 1
    /// RTR: messages arrive.
    case readyToReceive = 2
    /// RTS: messages arrive and leave.
    case readyToSend = 3
    /// SQD: sends wait; attributes may change.
    case sendQueueDrained = 4
    /// SQE: a send failed; the rest works.
    case sendQueueError = 5
    /// ERR: every request completes as flushed.
    case error = 6
}
