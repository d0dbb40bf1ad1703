// FaultState.swift - where a fault is.

/// Where a fault is.
public enum FaultState: Int, Sendable {
    case idle = 0
    case test
    case copy
    case install
    /// The fault cannot be satisfied; `outcome` says how.
    case failed
    /// A device-private page comes home: its entries go, then come back.
    case homeUnmap
    case homeRestore
}
