// QueuePairTransitions+Table.swift - the specification's table of state changes, as data.
//
// Owns: every legal (from, to, type) with its required and optional attributes.
// Spec: IBA vol 1, 11.2.5.2; the minimum sets are also in ibv_modify_qp(3).
// Not in any row: `.capabilities` (queues cannot be resized) and `.rateLimit` (no pacing).

extension QueuePairTransitions {
    /// Every legal change of state, ordered by type, then by source.
    public static let transitions: [QueuePairTransition] = QueuePairType.allCases.flatMap { type in
        QueuePairState.allCases.flatMap { from in rows(from: from, type: type) }
    }

    private static func rows(from: QueuePairState, type: QueuePairType) -> [QueuePairTransition] {
        let specific =
            switch type {
            case .reliableConnection: reliableConnection
            case .unreliableConnection: unreliableConnection
            case .unreliableDatagram: unreliableDatagram
            case .xrcInitiator: xrcInitiator
            case .xrcTarget: xrcTarget
            }
        // IBA 10.3.1.1, 10.3.1.7: from every state a queue pair can be reset or put into error, setting nothing else.
        let always = [Row(from, .reset), Row(from, .error)]
        return (specific.filter { $0.from == from } + always).map {
            QueuePairTransition(from: $0.from, to: $0.to, type: type, required: $0.required, optional: $0.optional)
        }
    }

    /// A row before its type is known.
    private struct Row {
        let from: QueuePairState
        let to: QueuePairState
        let required: QueuePairAttributeMask
        let optional: QueuePairAttributeMask

        init(
            _ from: QueuePairState, _ to: QueuePairState,
            required: QueuePairAttributeMask = [], optional: QueuePairAttributeMask = []
        ) {
            self.from = from
            self.to = to
            self.required = required
            self.optional = optional
        }
    }

    /// What may change while a reliable connection runs.
    private static let reliableConnectionRunning: QueuePairAttributeMask = [
        .currentState, .accessFlags, .alternatePath, .pathMigrationState, .minReceiverNotReadyTimer,
    ]

    private static let reliableConnection: [Row] = [
        Row(.reset, .initialized, required: [.partitionKeyIndex, .port, .accessFlags]),
        Row(.initialized, .initialized, optional: [.partitionKeyIndex, .port, .accessFlags]),
        Row(
            .initialized, .readyToReceive,
            required: [
                .addressVector, .pathMTU, .destinationQueuePair, .receivePSN, .maxResponderResources,
                .minReceiverNotReadyTimer,
            ],
            optional: [.partitionKeyIndex, .accessFlags, .alternatePath]),
        Row(
            .readyToReceive, .readyToSend,
            required: [.sendPSN, .timeout, .retryCount, .receiverNotReadyRetry, .maxInitiatorDepth],
            optional: reliableConnectionRunning),
        Row(.readyToSend, .readyToSend, optional: reliableConnectionRunning),
        Row(.readyToSend, .sendQueueDrained, optional: .enableDrainedNotification),
        Row(.sendQueueDrained, .readyToSend, optional: reliableConnectionRunning),
        Row(
            .sendQueueDrained, .sendQueueDrained,
            optional: [
                .partitionKeyIndex, .port, .accessFlags, .addressVector, .alternatePath, .pathMigrationState, .timeout,
                .retryCount, .receiverNotReadyRetry, .minReceiverNotReadyTimer, .maxInitiatorDepth,
                .maxResponderResources,
            ]),
    ]

    /// What may change while an unreliable connection runs.
    private static let unreliableConnectionRunning: QueuePairAttributeMask = [
        .currentState, .accessFlags, .alternatePath, .pathMigrationState,
    ]

    private static let unreliableConnection: [Row] = [
        Row(.reset, .initialized, required: [.partitionKeyIndex, .port, .accessFlags]),
        Row(.initialized, .initialized, optional: [.partitionKeyIndex, .port, .accessFlags]),
        Row(
            .initialized, .readyToReceive,
            required: [.addressVector, .pathMTU, .destinationQueuePair, .receivePSN],
            optional: [.partitionKeyIndex, .accessFlags, .alternatePath]),
        Row(.readyToReceive, .readyToSend, required: .sendPSN, optional: unreliableConnectionRunning),
        Row(.readyToSend, .readyToSend, optional: unreliableConnectionRunning),
        Row(.readyToSend, .sendQueueDrained, optional: .enableDrainedNotification),
        Row(.sendQueueDrained, .readyToSend, optional: unreliableConnectionRunning),
        Row(
            .sendQueueDrained, .sendQueueDrained,
            optional: [.partitionKeyIndex, .accessFlags, .addressVector, .alternatePath, .pathMigrationState]),
        Row(.sendQueueError, .readyToSend, optional: [.currentState, .accessFlags]),
    ]

    /// The sending half of a reliable connection: nothing that a responder needs.
    private static let xrcInitiator: [Row] = [
        Row(.reset, .initialized, required: [.partitionKeyIndex, .port, .accessFlags]),
        Row(.initialized, .initialized, optional: [.partitionKeyIndex, .port, .accessFlags]),
        Row(
            .initialized, .readyToReceive,
            required: [.addressVector, .pathMTU, .destinationQueuePair, .receivePSN],
            optional: [.partitionKeyIndex, .accessFlags, .alternatePath]),
        Row(
            .readyToReceive, .readyToSend,
            required: [.sendPSN, .timeout, .retryCount, .receiverNotReadyRetry, .maxInitiatorDepth],
            optional: unreliableConnectionRunning),
        Row(.readyToSend, .readyToSend, optional: unreliableConnectionRunning),
        Row(.readyToSend, .sendQueueDrained, optional: .enableDrainedNotification),
        Row(.sendQueueDrained, .readyToSend, optional: unreliableConnectionRunning),
        Row(
            .sendQueueDrained, .sendQueueDrained,
            optional: [
                .partitionKeyIndex, .port, .accessFlags, .addressVector, .alternatePath, .pathMigrationState, .timeout,
                .retryCount, .receiverNotReadyRetry, .maxInitiatorDepth,
            ]),
    ]

    /// The receiving half: nothing that a requester needs but its timeout, which real devices ask for.
    private static let xrcTarget: [Row] = [
        Row(.reset, .initialized, required: [.partitionKeyIndex, .port, .accessFlags]),
        Row(.initialized, .initialized, optional: [.partitionKeyIndex, .port, .accessFlags]),
        Row(
            .initialized, .readyToReceive,
            required: [
                .addressVector, .pathMTU, .destinationQueuePair, .receivePSN, .maxResponderResources,
                .minReceiverNotReadyTimer,
            ],
            optional: [.partitionKeyIndex, .accessFlags, .alternatePath]),
        Row(.readyToReceive, .readyToSend, required: [.sendPSN, .timeout], optional: reliableConnectionRunning),
        Row(.readyToSend, .readyToSend, optional: reliableConnectionRunning),
        Row(.readyToSend, .sendQueueDrained, optional: .enableDrainedNotification),
        Row(.sendQueueDrained, .readyToSend, optional: reliableConnectionRunning),
        Row(
            .sendQueueDrained, .sendQueueDrained,
            optional: [
                .partitionKeyIndex, .port, .accessFlags, .addressVector, .alternatePath, .pathMigrationState, .timeout,
                .minReceiverNotReadyTimer, .maxResponderResources,
            ]),
    ]

    private static let unreliableDatagram: [Row] = [
        Row(.reset, .initialized, required: [.partitionKeyIndex, .port, .queueKey]),
        Row(.initialized, .initialized, optional: [.partitionKeyIndex, .port, .queueKey]),
        Row(.initialized, .readyToReceive, optional: [.partitionKeyIndex, .queueKey]),
        Row(.readyToReceive, .readyToSend, required: .sendPSN, optional: [.currentState, .queueKey]),
        Row(.readyToSend, .readyToSend, optional: [.currentState, .queueKey]),
        Row(.readyToSend, .sendQueueDrained, optional: .enableDrainedNotification),
        Row(.sendQueueDrained, .readyToSend, optional: [.currentState, .queueKey]),
        Row(.sendQueueDrained, .sendQueueDrained, optional: [.partitionKeyIndex, .queueKey]),
        Row(.sendQueueError, .readyToSend, optional: [.currentState, .queueKey]),
    ]
}
