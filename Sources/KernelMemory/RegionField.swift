// RegionField.swift - fields of one holder.

/// Fields of one holder.
public enum RegionField: Int, CaseIterable, Sendable {
    /// `RegionLife`.
    case life
    /// `RegionAccess` bits.
    case access
    case owner
    case chargedPages
    case firstPage
    case pageCount
    /// Bit p: process p holds the file descriptor that keeps the holder alive.
    case descriptorHolders
    /// `HolderKind`.
    case kind
    /// dma-buf: the buffer's first backing page, plus 1. Window: the region that it is bound to, plus 1.
    case source
}
