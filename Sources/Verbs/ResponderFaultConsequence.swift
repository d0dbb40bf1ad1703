// ResponderFaultConsequence.swift - what both sides see of a fault at the target.

/// What both sides see of a fault at the target.
public struct ResponderFaultConsequence: Equatable, Sendable {
    /// How the initiator's request completes, once retries are used up. Its queue pair goes to the error state unless
    /// this is `.success`.
    public let initiatorStatus: CompletionStatus
    /// How the target's receive request completes; nil where none is consumed.
    public let receiveStatus: CompletionStatus?
    /// What the target's queue pair reports without being asked.
    public let event: AsyncEventType?
    /// The target's queue pair goes to the error state and flushes its queues.
    public let responderFails: Bool

    init(
        initiator: CompletionStatus, receive: CompletionStatus? = nil, event: AsyncEventType? = nil,
        responderFails: Bool = false
    ) {
        initiatorStatus = initiator
        receiveStatus = receive
        self.event = event
        self.responderFails = responderFails
    }

    /// The initiator's queue pair goes to the error state and flushes its queues.
    public var initiatorFails: Bool { initiatorStatus != .success }

    /// Nobody is told, and nothing changes: unreliable transports lose messages.
    static let dropped = Self(initiator: .success)
}
