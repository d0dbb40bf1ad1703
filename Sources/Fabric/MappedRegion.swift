// MappedRegion.swift - a peer's shared memory, mapped in this process.
//
// Owns: the mapping, and how far it reaches: the peer's key entry may say something else by the time it is used.

import Platform
import Verbs

/// A region of a peer, mapped here for as long as anyone holds this.
public final class MappedRegion {
    private let mapping: Mapping
    let key: MemoryKey
    /// Where the region's first byte stands in this process.
    public let address: UInt64
    /// Bytes from there on that are the region's.
    public let byteCount: UInt64

    init(_ mapping: consuming Mapping, key: MemoryKey, before: UInt64, byteCount: UInt64) {
        self.key = key
        self.byteCount = byteCount
        mapping.keepFromChildren()
        address = unsafe UInt64(UInt(bitPattern: mapping.base)) + before
        self.mapping = mapping
    }
}
