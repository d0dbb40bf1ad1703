// ResponderFault.swift - what can go wrong at the target of a request, and what both sides then see.
//
// Owns: the table of consequences. Does not: detect anything, move states, or retry (`RequesterRetry`).
// Spec: IBA vol 1, 9.9.3 (error classes A to J), 9.7.5.2 (NAK codes), 11.6.3 (asynchronous events).

/// What can go wrong at the target of a request.
@frozen
public enum ResponderFault: UInt8, Sendable, CaseIterable {
    /// Nobody answers: no such queue pair, or one that does not take messages, or its process is gone.
    case noResponder
    /// No receive request is posted.
    case receiverNotReady
    /// The remote key, its rights, its protection domain or its bounds do not cover the request, or the memory behind
    /// it is gone.
    case remoteAccess
    /// The queue pair does not let its peer do this, atomics included.
    case operationNotEnabled
    /// The address of an atomic is not a multiple of eight.
    case misalignedAtomic
    /// More reads and atomics at once than the target has resources for.
    case tooManyOutstanding
    /// The message is longer than the receive request's buffers.
    case receiveBufferTooSmall
    /// A buffer of the receive request is not covered by its local key.
    case receiveBufferProtection
    /// There is no room for the completion of the receive request.
    case completionQueueOverrun
    /// The queue key of a datagram is not the target's.
    case queueKeyMismatch
    /// No shared receive queue of an extended connection has the number that the request names.
    case unknownSharedReceiveQueue
    /// The shared receive queue that the request names belongs to another XRC domain than the target.
    case foreignSharedReceiveQueue
    /// The key that a message asks to invalidate is not that of a window which the queue pair may invalidate.
    case invalidKeyToInvalidate

    /// What both sides see; nil where this fault cannot befall this type.
    public func consequence(type: QueuePairType) -> ResponderFaultConsequence? {
        switch type {
        case .reliableConnection: reliableConsequence
        case .xrcInitiator, .xrcTarget: extendedConsequence ?? reliableConsequence
        case .unreliableConnection: unreliableConsequence(oneSided: true)
        case .unreliableDatagram: unreliableConsequence(oneSided: false)
        }
    }

    /// IBA annex A14: both are refused as invalid requests, and told to the target by an event, for there is no receive
    /// request at hand.
    private var extendedConsequence: ResponderFaultConsequence? {
        switch self {
        case .unknownSharedReceiveQueue:
            ResponderFaultConsequence(
                initiator: .remoteInvalidRequest, event: .queuePairRequestError, responderFails: true)
        case .foreignSharedReceiveQueue:
            ResponderFaultConsequence(
                initiator: .remoteInvalidRequest, event: .queuePairAccessError, responderFails: true)
        default: nil
        }
    }

    private var reliableConsequence: ResponderFaultConsequence? {
        switch self {
        case .noResponder:
            ResponderFaultConsequence(initiator: .retryExceeded)
        // IBA 9.9.3 class B: answered, nothing changes at the target; the initiator counts and gives up.
        case .receiverNotReady:
            ResponderFaultConsequence(initiator: .receiverNotReadyRetryExceeded)
        // Class C: refused and told; no receive request is involved, so an event tells the target.
        case .remoteAccess:
            ResponderFaultConsequence(
                initiator: .remoteAccessError, event: .queuePairAccessError, responderFails: true)
        case .operationNotEnabled, .misalignedAtomic, .tooManyOutstanding:
            ResponderFaultConsequence(
                initiator: .remoteInvalidRequest, event: .queuePairRequestError, responderFails: true)
        // Class C with a receive request at hand: its completion tells the target.
        case .receiveBufferTooSmall:
            ResponderFaultConsequence(
                initiator: .remoteInvalidRequest, receive: .localLengthError, responderFails: true)
        // Class A: the target's own mistake.
        case .receiveBufferProtection:
            ResponderFaultConsequence(
                initiator: .remoteOperationError, receive: .localProtectionError, responderFails: true)
        // Class G: the target stops without an answer.
        case .completionQueueOverrun:
            ResponderFaultConsequence(initiator: .retryExceeded, event: .queuePairFatal, responderFails: true)
        case .queueKeyMismatch, .unknownSharedReceiveQueue, .foreignSharedReceiveQueue:
            nil
        // Class J: the message itself was good and is acknowledged; the target's receive tells what went wrong.
        case .invalidKeyToInvalidate:
            ResponderFaultConsequence(initiator: .success, receive: .remoteInvalidRequest, responderFails: true)
        }
    }

    private func unreliableConsequence(oneSided: Bool) -> ResponderFaultConsequence? {
        switch self {
        // Class D: dropped; a receive request, if there is one, stays where it is.
        case .noResponder, .receiverNotReady, .receiveBufferTooSmall:
            .dropped
        case .remoteAccess, .operationNotEnabled:
            oneSided ? .dropped : nil
        case .misalignedAtomic, .tooManyOutstanding, .unknownSharedReceiveQueue, .foreignSharedReceiveQueue:
            nil
        case .receiveBufferProtection:
            ResponderFaultConsequence(initiator: .success, receive: .localProtectionError, responderFails: true)
        case .completionQueueOverrun:
            ResponderFaultConsequence(initiator: .success, event: .queuePairFatal, responderFails: true)
        case .queueKeyMismatch:
            oneSided ? nil : .dropped
        case .invalidKeyToInvalidate:
            oneSided ? ResponderFaultConsequence(initiator: .success, receive: .remoteInvalidRequest, responderFails: true) : nil
        }
    }
}
