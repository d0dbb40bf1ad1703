// Transitions.swift - the specification's table of state changes, as the suite's own data.
//
// Source: IBA volume 1, 10.3.1 (states) and 11.2.5.2 (Modify Queue Pair: the table of required and optional attributes of
// each transition), and the table of minimum attributes of ibv_modify_qp(3).

/// One legal change of state of one kind of queue pair.
struct Transitions {
    let kind: Kind
    let from: State
    let to: State
    let required: [Attribute]
    let optional: [Attribute]

    private init(_ kind: Kind, _ from: State, _ to: State, _ required: [Attribute] = [], _ optional: [Attribute] = []) {
        self.kind = kind
        self.from = from
        self.to = to
        self.required = required
        self.optional = optional
    }

    static let all: [Transitions] = reliable + unreliable + datagram + extendedInitiator + extendedTarget + always

    static func row(_ kind: Kind, _ from: State, _ to: State) -> Transitions? {
        all.first { $0.kind == kind && $0.from == from && $0.to == to }
    }

    /// From which states each kind can be tried: a reliable connection fails altogether and never reaches SQE.
    static func states(_ kind: Kind) -> [State] {
        State.allCases.filter { kind.breaksSendQueueAlone || $0 != .sendQueueError }
    }

    private static let initial: [Attribute] = [.partitionKeyIndex, .port, .accessFlags]
    private static let initialDatagram: [Attribute] = [.partitionKeyIndex, .port, .queueKey]

    private static let runningReliable: [Attribute] = [
        .currentState, .accessFlags, .alternatePath, .pathMigrationState, .minReceiverNotReadyTimer,
    ]
    private static let reliable = [
        Transitions(.reliable, .reset, .initialized, initial),
        Transitions(.reliable, .initialized, .initialized, [], initial),
        Transitions(
            .reliable, .initialized, .readyToReceive,
            [.addressVector, .pathMTU, .destinationQueuePair, .receivePSN, .maxResponderResources, .minReceiverNotReadyTimer],
            [.alternatePath, .accessFlags, .partitionKeyIndex]),
        Transitions(
            .reliable, .readyToReceive, .readyToSend,
            [.sendPSN, .timeout, .retryCount, .receiverNotReadyRetry, .maxInitiatorDepth], runningReliable),
        Transitions(.reliable, .readyToSend, .readyToSend, [], runningReliable),
        Transitions(.reliable, .readyToSend, .sendQueueDrained, [], [.drainedNotification]),
        Transitions(.reliable, .sendQueueDrained, .readyToSend, [], runningReliable),
        Transitions(
            .reliable, .sendQueueDrained, .sendQueueDrained, [],
            [
                .accessFlags, .partitionKeyIndex, .port, .addressVector, .timeout, .retryCount, .receiverNotReadyRetry,
                .maxInitiatorDepth, .maxResponderResources, .alternatePath, .pathMigrationState, .minReceiverNotReadyTimer,
            ]),
    ]

    private static let runningUnreliable: [Attribute] = [.currentState, .accessFlags, .alternatePath, .pathMigrationState]
    private static let unreliable = [
        Transitions(.unreliable, .reset, .initialized, initial),
        Transitions(.unreliable, .initialized, .initialized, [], initial),
        Transitions(
            .unreliable, .initialized, .readyToReceive, [.addressVector, .pathMTU, .destinationQueuePair, .receivePSN],
            [.alternatePath, .accessFlags, .partitionKeyIndex]),
        Transitions(.unreliable, .readyToReceive, .readyToSend, [.sendPSN], runningUnreliable),
        Transitions(.unreliable, .readyToSend, .readyToSend, [], runningUnreliable),
        Transitions(.unreliable, .readyToSend, .sendQueueDrained, [], [.drainedNotification]),
        Transitions(.unreliable, .sendQueueDrained, .readyToSend, [], runningUnreliable),
        Transitions(
            .unreliable, .sendQueueDrained, .sendQueueDrained, [],
            [.accessFlags, .partitionKeyIndex, .addressVector, .alternatePath, .pathMigrationState]),
        Transitions(.unreliable, .sendQueueError, .readyToSend, [], [.currentState, .accessFlags]),
    ]

    /// IBA annex A14: what a responder needs is not the initiator's, and the other way round.
    private static let extendedInitiator = [
        Transitions(.extendedInitiator, .reset, .initialized, initial),
        Transitions(.extendedInitiator, .initialized, .initialized, [], initial),
        Transitions(
            .extendedInitiator, .initialized, .readyToReceive, [.addressVector, .pathMTU, .destinationQueuePair, .receivePSN],
            [.alternatePath, .accessFlags, .partitionKeyIndex]),
        Transitions(
            .extendedInitiator, .readyToReceive, .readyToSend,
            [.sendPSN, .timeout, .retryCount, .receiverNotReadyRetry, .maxInitiatorDepth], runningUnreliable),
        Transitions(.extendedInitiator, .readyToSend, .readyToSend, [], runningUnreliable),
        Transitions(.extendedInitiator, .readyToSend, .sendQueueDrained, [], [.drainedNotification]),
        Transitions(.extendedInitiator, .sendQueueDrained, .readyToSend, [], runningUnreliable),
        Transitions(
            .extendedInitiator, .sendQueueDrained, .sendQueueDrained, [],
            [
                .accessFlags, .partitionKeyIndex, .port, .addressVector, .timeout, .retryCount, .receiverNotReadyRetry,
                .maxInitiatorDepth, .alternatePath, .pathMigrationState,
            ]),
    ]

    /// What programs that know only whole connections give to both halves, and only the other half has.
    static func otherHalf(_ kind: Kind) -> [Attribute] {
        switch kind {
        case .extendedInitiator: [.maxResponderResources, .minReceiverNotReadyTimer]
        case .extendedTarget: [.maxInitiatorDepth, .retryCount, .receiverNotReadyRetry]
        case .reliable, .unreliable, .datagram: []
        }
    }

    private static let extendedTarget = [
        Transitions(.extendedTarget, .reset, .initialized, initial),
        Transitions(.extendedTarget, .initialized, .initialized, [], initial),
        Transitions(
            .extendedTarget, .initialized, .readyToReceive,
            [.addressVector, .pathMTU, .destinationQueuePair, .receivePSN, .maxResponderResources, .minReceiverNotReadyTimer],
            [.alternatePath, .accessFlags, .partitionKeyIndex]),
        Transitions(.extendedTarget, .readyToReceive, .readyToSend, [.sendPSN, .timeout], runningReliable),
        Transitions(.extendedTarget, .readyToSend, .readyToSend, [], runningReliable),
        Transitions(.extendedTarget, .readyToSend, .sendQueueDrained, [], [.drainedNotification]),
        Transitions(.extendedTarget, .sendQueueDrained, .readyToSend, [], runningReliable),
        Transitions(
            .extendedTarget, .sendQueueDrained, .sendQueueDrained, [],
            [
                .accessFlags, .partitionKeyIndex, .port, .addressVector, .timeout, .maxResponderResources, .alternatePath,
                .pathMigrationState, .minReceiverNotReadyTimer,
            ]),
    ]

    private static let datagram = [
        Transitions(.datagram, .reset, .initialized, initialDatagram),
        Transitions(.datagram, .initialized, .initialized, [], initialDatagram),
        Transitions(.datagram, .initialized, .readyToReceive, [], [.partitionKeyIndex, .queueKey]),
        Transitions(.datagram, .readyToReceive, .readyToSend, [.sendPSN], [.currentState, .queueKey]),
        Transitions(.datagram, .readyToSend, .readyToSend, [], [.currentState, .queueKey]),
        Transitions(.datagram, .readyToSend, .sendQueueDrained, [], [.drainedNotification]),
        Transitions(.datagram, .sendQueueDrained, .readyToSend, [], [.currentState, .queueKey]),
        Transitions(.datagram, .sendQueueDrained, .sendQueueDrained, [], [.partitionKeyIndex, .queueKey]),
        Transitions(.datagram, .sendQueueError, .readyToSend, [], [.currentState, .queueKey]),
    ]

    /// IBA 10.3.1: from any state a queue pair can be reset or put into error.
    private static let always = (Kind.allCases + Kind.halves).flatMap { kind in
        states(kind).flatMap { [Transitions(kind, $0, .reset), Transitions(kind, $0, .error)] }
    }
}
