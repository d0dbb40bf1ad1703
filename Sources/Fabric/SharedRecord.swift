// SharedRecord.swift - a fixed place in a shared segment, read and written by offsets.
//
// Owns: an address. Does not: check bounds on access. Whoever makes a record has checked that the whole of it lies in
// a mapped segment; the offsets used on it are constants of the entry types beside this file.
// Locking: said by each entry type.

/// A place in a shared segment.
@frozen @safe
public struct SharedRecord {
    @usableFromInline let base: UnsafeMutableRawPointer

    @inlinable
    public init(at base: UnsafeMutableRawPointer) { unsafe self.base = base }

    @inlinable
    public func word32(_ offset: Int) -> SharedWord32 { unsafe SharedWord32(at: base + offset) }

    @inlinable
    public func word64(_ offset: Int) -> SharedWord64 { unsafe SharedWord64(at: base + offset) }

    /// The place `offset` bytes further on.
    @inlinable
    public func advanced(by offset: Int) -> SharedRecord { unsafe SharedRecord(at: base + offset) }

    /// Copies bytes in. The source is the caller's own memory; peers must not rely on the bytes before a `publish`.
    @inlinable
    public func copyIn(_ source: UnsafeRawPointer, byteCount: Int, at offset: Int) {
        unsafe (base + offset).copyMemory(from: source, byteCount: byteCount)
    }

    /// The address, for copies that survive faults.
    @inlinable
    public func address(_ offset: Int) -> UInt64 { unsafe UInt64(UInt(bitPattern: base + offset)) }
}
