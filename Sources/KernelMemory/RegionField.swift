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
}
