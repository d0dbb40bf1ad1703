// SendOpcode.swift - what a send work request asks for.
//
// Spec: IBA vol 1, 10.8.2 (work request operations).   C: enum ibv_wr_opcode, same raw values.

/// The operation of a send work request.
@frozen
public enum SendOpcode: UInt8, Sendable, CaseIterable {
    case rdmaWrite = 0
    case rdmaWriteWithImmediate = 1
    case send = 2
    case sendWithImmediate = 3
    case rdmaRead = 4
    case compareAndSwap = 5
    case fetchAndAdd = 6
    case localInvalidate = 7
    case bindMemoryWindow = 8
    case sendWithInvalidate = 9
    case atomicWrite = 15

    /// Consumes a receive work request at the target.
    @inlinable
    public var consumesReceive: Bool {
        switch self {
        case .send, .sendWithImmediate, .sendWithInvalidate, .rdmaWriteWithImmediate: true
        default: false
        }
    }

    /// Carries 32 bits of immediate data into the target's completion.
    @inlinable
    public var carriesImmediate: Bool { self == .sendWithImmediate || self == .rdmaWriteWithImmediate }

    /// Names remote memory by address and key.
    @inlinable
    public var isOneSided: Bool {
        switch self {
        case .rdmaWrite, .rdmaWriteWithImmediate, .rdmaRead, .compareAndSwap, .fetchAndAdd, .atomicWrite: true
        default: false
        }
    }

    /// An 8-byte read-modify-write at the target.
    @inlinable
    public var isAtomic: Bool { self == .compareAndSwap || self == .fetchAndAdd }

    /// Moves exactly one aligned word of eight bytes.
    @inlinable
    public var movesWord: Bool { isAtomic || self == .atomicWrite }

    /// Writes what it brings back into the poster's own memory.
    @inlinable
    public var writesLocalMemory: Bool { self == .rdmaRead || isAtomic }

    /// The opcode of the completion that a request of this kind produces.
    @inlinable
    public var completionOpcode: CompletionOpcode {
        switch self {
        case .rdmaWrite, .rdmaWriteWithImmediate: .rdmaWrite
        case .send, .sendWithImmediate, .sendWithInvalidate: .send
        case .rdmaRead: .rdmaRead
        case .compareAndSwap: .compareAndSwap
        case .fetchAndAdd: .fetchAndAdd
        case .atomicWrite: .atomicWrite
        case .localInvalidate: .localInvalidate
        case .bindMemoryWindow: .bindMemoryWindow
        }
    }
}
