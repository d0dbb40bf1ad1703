// HostUnsteady.swift - a difference that was gone when the same order ran again.

/// A difference that was gone when the same order ran again: something in the background had a part in it, as khugepaged, which makes huge
/// pages when it likes.
public struct HostUnsteady: Sendable {
    /// The program's.
    public let seed: UInt64
    /// What was seen the first time.
    public let mismatch: HostMismatch
}
