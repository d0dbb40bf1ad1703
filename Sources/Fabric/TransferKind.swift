// TransferKind.swift - what an agent is asked to copy, and how it answers.

/// What an agent is asked to do.
public enum TransferKind: UInt32, Sendable {
    /// Chunks into a region that a key names.
    case write = 1
    /// A region that a key names into chunks.
    case read = 2
    case fetchAndAdd = 3
    case compareAndSwap = 4
    /// Chunks into the buffers of a posted receive.
    case receive = 5
    /// The same, of a shared receive queue.
    case sharedReceive = 6
}
