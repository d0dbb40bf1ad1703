// CompletionOpcode.swift - what kind of work request a completion belongs to.
//
// C: enum ibv_wc_opcode, same raw values.

/// What kind of work request a completion belongs to.
@frozen
public enum CompletionOpcode: UInt32, Sendable, CaseIterable {
    case send = 0
    case rdmaWrite = 1
    case rdmaRead = 2
    case compareAndSwap = 3
    case fetchAndAdd = 4
    case bindMemoryWindow = 5
    case localInvalidate = 6
    case receive = 128
    case receiveRDMAWithImmediate = 129
}
