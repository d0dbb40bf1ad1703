// MappedRegion.swift - a peer's shared memory, mapped in this process.
//
// Owns: the mapping.

import Platform

/// A region of a peer, mapped here.
final class MappedRegion {
    private let mapping: Mapping
    /// Where the region's first byte stands in this process.
    let address: UInt64

    init(_ mapping: consuming Mapping, before: UInt64) {
        mapping.keepFromChildren()
        address = unsafe UInt64(UInt(bitPattern: mapping.base)) + before
        self.mapping = mapping
    }
}
