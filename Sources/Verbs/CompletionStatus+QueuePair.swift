// CompletionStatus+QueuePair.swift - what a completion in error does to the queue pair it belongs to.
//
// Spec: IBA vol 1, 10.3.1.6 (SQE), 10.3.1.7 (error).

extension CompletionStatus {
    /// The state that a queue pair moves to when one of its send requests completes so; nil when it stays.
    ///
    /// Only a reliable connection is lost by it; the others stop sending and go on receiving.
    public func stateAfterSend(type: QueuePairType) -> QueuePairState? {
        switch self {
        case .success, .flushedInError: nil
        default: type.isReliable ? .error : .sendQueueError
        }
    }

    /// The state that a queue pair moves to when one of its receive requests completes so; nil when it stays.
    public var stateAfterReceive: QueuePairState? {
        switch self {
        case .success, .flushedInError: nil
        default: .error
        }
    }
}
