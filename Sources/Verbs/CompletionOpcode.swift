// CompletionOpcode.swift - what kind of work request a completion belongs to.
//
// C: enum ibv_wc_opcode, same raw values.

/// What kind of work request a completion belongs to.
@frozen
public enum CompletionOpcode: UInt32, Sendable, CaseIterable {
    /// A message was sent.
    case send = 0
    /// A write was done.
    case rdmaWrite = 1
    /// A read was done.
    case rdmaRead = 2
    /// A compare-and-swap was done, whether or not it swapped.
    case compareAndSwap = 3
    /// An addition was done.
    case fetchAndAdd = 4
    /// A memory window was bound.
    case bindMemoryWindow = 5
    /// A key was invalidated.
    case localInvalidate = 6
    /// A word was written.
    case atomicWrite = 9
    /// A message arrived.
    case receive = 128
    /// A peer's write brought an immediate.
    case receiveRDMAWithImmediate = 129
}
