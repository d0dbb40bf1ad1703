// MemoryKey.swift - the key that names a memory region or window.
//
// Owns: the split into index and generation. Does not: hold the table.
// Spec: IBA vol 1, 10.6.3 (L_Key, R_Key).   C: lkey and rkey, uint32_t. Local and remote key of a region are equal here.

/// A memory key: an index into the key table (24 bits) and a generation (8 bits) that makes a stale key invalid.
@frozen
public struct MemoryKey: RawRepresentable, Hashable, Sendable {
    public let rawValue: UInt32

    /// Takes a key as work requests carry it.
    @inlinable
    public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// Makes a key of its two parts.
    @inlinable
    public init(index: UInt32, generation: UInt8) { rawValue = index << 8 | UInt32(generation) }

    /// Position in the key table, 0 ..< 2^24. Index 0 is never handed out, so that key 0 is never valid.
    @inlinable
    public var index: UInt32 { rawValue >> 8 }

    /// Changes each time the index is reused.
    @inlinable
    public var generation: UInt8 { UInt8(truncatingIfNeeded: rawValue) }
}
