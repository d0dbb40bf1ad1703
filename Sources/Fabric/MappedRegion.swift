// MappedRegion.swift - a peer's shared memory, mapped in this process.
//
// Owns: the mapping.

import Platform
import Verbs

/// A region of a peer, mapped here.
final class MappedRegion {
    private let mapping: Mapping
    let key: MemoryKey
    /// Where the region's first byte stands in this process.
    let address: UInt64

    init(_ mapping: consuming Mapping, key: MemoryKey, before: UInt64) {
        self.key = key
        mapping.keepFromChildren()
        address = unsafe UInt64(UInt(bitPattern: mapping.base)) + before
        self.mapping = mapping
    }
}
