// PostingRules.swift - who may post what, and when.
//
// Owns: opcode against type, post against state. Does not: look at lengths (`ScatterGatherRules`, `InlineRules`),
// keys (`AccessCheck`) or room in the queue.
// Spec: IBA vol 1, 10.3.1, 10.8.2; the table of ibv_post_send(3).
// HOT: every post comes through here.

/// Who may post what, and when.
public enum PostingRules {
    /// What becomes of a send request.
    ///
    /// `refuse` also for an operation that the transport does not have: a program error, reported where it is made.
    @inlinable
    public static func sendDecision(
        state: QueuePairState, type: QueuePairType, opcode: SendOpcode
    ) -> PostingDecision {
        guard allows(opcode, on: type) else { return .refuse }
        return switch state {
        // IBA 10.3.1.1-3: a send posted before RTS is an immediate error.
        case .reset, .initialized, .readyToReceive: .refuse
        case .readyToSend: .execute
        case .sendQueueDrained: .hold
        case .sendQueueError, .error: .flush
        }
    }

    /// What becomes of a receive request. In INIT it is taken although no message can arrive yet.
    @inlinable
    public static func receiveDecision(state: QueuePairState) -> PostingDecision {
        switch state {
        case .reset: .refuse
        case .initialized, .readyToReceive, .readyToSend, .sendQueueDrained, .sendQueueError: .execute
        case .error: .flush
        }
    }

    /// Whether the receive half accepts messages from peers.
    @inlinable
    public static func acceptsMessages(state: QueuePairState) -> Bool {
        switch state {
        case .readyToReceive, .readyToSend, .sendQueueDrained, .sendQueueError: true
        case .reset, .initialized, .error: false
        }
    }

    /// Whether a type of queue pair has an operation at all.
    @inlinable
    public static func allows(_ opcode: SendOpcode, on type: QueuePairType) -> Bool {
        guard type.hasSendQueue else { return false }
        return switch opcode {
        case .send, .sendWithImmediate:
            true
        case .rdmaWrite, .rdmaWriteWithImmediate, .localInvalidate, .bindMemoryWindow, .sendWithInvalidate:
            type != .unreliableDatagram
        case .rdmaRead, .compareAndSwap, .fetchAndAdd, .atomicWrite:
            type.isReliable
        }
    }
}
