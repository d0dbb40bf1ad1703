// QueuePairAttributeRules+Apply.swift - the half of a modify that cannot fail.
//
// Owns: copying what a mask names. Does not: check anything; both checks have passed before.
// Spec: IBA vol 1, 11.2.5.2.

extension QueuePairAttributeRules {
    /// Packet sequence numbers have 24 bits; what a caller puts above is ignored.
    private static let packetSequenceNumberMask: UInt32 = 0xff_ffff

    /// Copies the attributes that the mask names.
    ///
    /// A move to RESET forgets everything but the sizes of the queues.
    /// - Precondition: both checks accepted this modify.
    public static func apply(
        _ attributes: QueuePairAttributes, mask: QueuePairAttributeMask, to target: inout QueuePairAttributes
    ) {
        if mask.contains(.state), attributes.state == .reset {
            reset(&target)
            return
        }
        applyState(attributes, mask: mask, to: &target)
        applyPath(attributes, mask: mask, to: &target)
        applyReliability(attributes, mask: mask, to: &target)
        if mask.contains(.accessFlags) { target.accessFlags = attributes.accessFlags }
        if mask.contains(.queueKey) { target.queueKey = attributes.queueKey }
    }

    /// Back to what a queue pair has when it is created. The sizes of its queues stay.
    public static func reset(_ target: inout QueuePairAttributes) {
        let capabilities = target.capabilities
        target = QueuePairAttributes()
        target.capabilities = capabilities
    }

    private static func applyState(
        _ attributes: QueuePairAttributes, mask: QueuePairAttributeMask, to target: inout QueuePairAttributes
    ) {
        if mask.contains(.state) {
            // The wish to be told is part of one change to SQD, and gone with the next.
            if attributes.state == .sendQueueDrained { target.enableDrainedNotification = false }
            target.state = attributes.state
            target.currentState = attributes.state
        }
        if mask.contains(.enableDrainedNotification) {
            target.enableDrainedNotification = attributes.enableDrainedNotification
        }
    }

    private static func applyPath(
        _ attributes: QueuePairAttributes, mask: QueuePairAttributeMask, to target: inout QueuePairAttributes
    ) {
        if mask.contains(.port) { target.port = attributes.port }
        if mask.contains(.partitionKeyIndex) { target.partitionKeyIndex = attributes.partitionKeyIndex }
        if mask.contains(.pathMTU) { target.pathMTU = attributes.pathMTU }
        if mask.contains(.pathMigrationState) { target.pathMigrationState = attributes.pathMigrationState }
        if mask.contains(.destinationQueuePair) { target.destinationQueuePair = attributes.destinationQueuePair }
        if mask.contains(.addressVector) { target.addressVector = attributes.addressVector }
        if mask.contains(.alternatePath) {
            target.alternateAddressVector = attributes.alternateAddressVector
            target.alternatePort = attributes.alternatePort
            target.alternatePartitionKeyIndex = attributes.alternatePartitionKeyIndex
            target.alternateTimeout = attributes.alternateTimeout
        }
    }

    private static func applyReliability(
        _ attributes: QueuePairAttributes, mask: QueuePairAttributeMask, to target: inout QueuePairAttributes
    ) {
        if mask.contains(.sendPSN) { target.sendPSN = attributes.sendPSN & packetSequenceNumberMask }
        if mask.contains(.receivePSN) { target.receivePSN = attributes.receivePSN & packetSequenceNumberMask }
        if mask.contains(.timeout) { target.timeout = attributes.timeout }
        if mask.contains(.retryCount) { target.retryCount = attributes.retryCount }
        if mask.contains(.receiverNotReadyRetry) { target.receiverNotReadyRetry = attributes.receiverNotReadyRetry }
        if mask.contains(.minReceiverNotReadyTimer) {
            target.minReceiverNotReadyTimer = attributes.minReceiverNotReadyTimer
        }
        if mask.contains(.maxInitiatorDepth) { target.maxInitiatorDepth = attributes.maxInitiatorDepth }
        if mask.contains(.maxResponderResources) { target.maxResponderResources = attributes.maxResponderResources }
    }
}
