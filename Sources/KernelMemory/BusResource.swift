// BusResource.swift - what a message on the bus is charged for.

/// What a message is charged for, in the order in which the charges are made.
public enum BusResource: Int, CaseIterable, Sendable {
    /// A piece of the receiver's pool, which holds the message until the receiver releases it.
    case slices
    /// A handle that the message carries, until its holder drops it.
    case handles
    /// The message's bytes, until it is received.
    case bytes
    /// File descriptors that the message carries, until it is received.
    case descriptors
}
