// AsyncEvent.swift - an asynchronous event and the object that it is about.
//
// C: struct ibv_async_event.

import Verbs

/// An asynchronous event.
public struct AsyncEvent {
    /// What the event is about.
    public enum Element {
        case queuePair(QueuePair)
        case completionQueue(CompletionQueue)
        case sharedReceiveQueue(SharedReceiveQueue)
        case port(UInt8)
        case device
    }

    public let type: AsyncEventType
    public let element: Element
}
