// DeviceEvent.swift - what the device tells without being asked.
//
// C: struct ibv_async_event; ibv_get_async_event(3).

internal import Device
@_exported public import enum Verbs.AsyncEventType
import Verbs

/// What the device tells without being asked: a queue pair that failed, a shared receive queue that runs low, …
public struct DeviceEvent: Hashable, Sendable {
    /// What the event is about.
    public enum Subject: Hashable, Sendable {
        /// A queue pair, by its ``QueuePair/number``.
        case queuePair(QueuePairNumber)
        /// A completion queue, by its ``CompletionQueue/id``.
        case completionQueue(ObjectIdentifier)
        /// A shared receive queue, by its ``SharedReceiveQueue/id``.
        case sharedReceiveQueue(ObjectIdentifier)
        /// A port of the device, from 1.
        case port(UInt8)
        /// The device itself.
        case device
    }

    /// What happened.
    public let type: AsyncEventType
    /// To whom.
    public let subject: Subject

    init(_ event: AsyncEvent) {
        type = event.type
        subject =
            switch event.element {
            case .queuePair(let pair): .queuePair(pair.number)
            case .completionQueue(let queue): .completionQueue(ObjectIdentifier(queue))
            case .sharedReceiveQueue(let queue): .sharedReceiveQueue(ObjectIdentifier(queue))
            case .port(let number): .port(number)
            case .device: .device
            }
    }
}
