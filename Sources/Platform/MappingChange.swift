// MappingChange.swift - what the kernel tells of watched memory. Counterpart: userfaultfd(2), struct uffd_msg.

/// What became of a range of watched memory. Addresses are whole pages'.
public enum MappingChange: Equatable, Sendable {
    /// Unmapped, or mapped over.
    case unmapped(address: UInt64, byteCount: UInt64)
    /// By mremap.
    case moved(address: UInt64, byteCount: UInt64, to: UInt64)
    /// The contents are gone: MADV_DONTNEED, MADV_FREE, MADV_REMOVE.
    case dropped(address: UInt64, byteCount: UInt64)
    /// Nothing, after all.
    case none
}
