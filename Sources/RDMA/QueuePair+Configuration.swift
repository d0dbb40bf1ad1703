// QueuePair+Configuration.swift - what a queue pair is to be made of.
//
// Owns: a share of the queues that it names, so that they live until the queue pair does.
// C: struct ibv_qp_init_attr.

internal import Device
import Verbs

extension QueuePair {
    /// What a queue pair is to be made of: type, sizes, and where its requests complete.
    ///
    /// ```swift
    /// var configuration = QueuePair.Configuration(.reliableConnection, completions: queue)
    /// configuration.capabilities.sendWorkRequests = 1024
    /// configuration.receives(from: sharedReceiveQueue)
    /// let queuePair = try domain.makeQueuePair(configuration)
    /// ```
    public struct Configuration: Sendable {
        /// The transport service.
        public var type: QueuePairType
        /// The sizes of its queues: 64 requests of 4 pieces each way and 128 bytes inline, unless changed.
        public var capabilities: QueuePairCapabilities
        /// Whether every send completes visibly, also those posted without `.signaled`.
        public var signalsEverySend = false
        private(set) var sendQueue: QueueShare
        private(set) var receiveQueue: QueueShare
        private(set) var sharedReceives: SharedReceiveShare?

        /// The usual sizes; sends and receives complete in one queue.
        public init(_ type: QueuePairType, completions queue: borrowing CompletionQueue) {
            self.type = type
            capabilities = QueuePairCapabilities()
            capabilities.sendWorkRequests = 64
            capabilities.receiveWorkRequests = 64
            capabilities.sendElements = 4
            capabilities.receiveElements = 4
            capabilities.inlineData = 128
            sendQueue = queue.share
            receiveQueue = queue.share
        }

        /// Lets receives complete in a queue of their own.
        public mutating func receivesComplete(in queue: borrowing CompletionQueue) { receiveQueue = queue.share }

        /// Takes receives from a shared queue instead of the queue pair's own.
        public mutating func receives(from queue: borrowing SharedReceiveQueue) { sharedReceives = queue.share }

        /// Whether all its queues were made from one opened device.
        func isOf(_ device: DeviceShare) -> Bool {
            sendQueue.device === device && receiveQueue.device === device
                && (sharedReceives == nil || sharedReceives?.domain.device === device)
        }
    }
}
