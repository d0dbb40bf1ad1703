// FaultWant.swift - what a fault is asked for.

/// What a fault is asked for.
public enum FaultWant: Int, Sendable {
    case read = 0
    case write
    /// FAULT_FLAG_UNSHARE.
    case unshare
}
