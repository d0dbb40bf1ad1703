// FarMemory.swift - memory of another process, as copies of this one reach it.

/// A range of memory that this process has no address of.
public protocol FarMemory: AnyObject, Sendable {
    /// Copies from `offset` on to an address that a guarded copy takes; false where either side cannot be reached.
    func read(_ offset: UInt64, to: UInt64, byteCount: Int) -> Bool
    /// Copies from such an address.
    func write(_ offset: UInt64, from: UInt64, byteCount: Int) -> Bool
    /// Changes a word of eight bytes in one step, and in order with whoever else does; its value before, nil where it cannot be reached.
    func change(_ offset: UInt64, _ change: WordChange) -> UInt64?
}
