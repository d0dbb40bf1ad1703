// MemoryWindowKind.swift - the two kinds of memory window.
//
// Spec: IBA vol 1, 10.6.7.2.   C: enum ibv_mw_type, same raw values.

/// A kind of memory window. Type 2 is 2B: bound to one queue pair.
@frozen
public enum MemoryWindowKind: UInt8, Sendable, CaseIterable {
    /// Bound by a call; any queue pair of its domain may use it, and it may be bound anew at any time.
    case type1 = 1
    /// Bound by a work request, with a key that the consumer completes; only that queue pair's peer may use it, and it must be
    /// invalidated before it is bound again.
    case type2 = 2
}
