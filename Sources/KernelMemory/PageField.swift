// PageField.swift - fields of one page of one address space.

/// Fields of one page of one address space.
public enum PageField: Int, CaseIterable, Sendable {
    /// `PageTableEntry`.
    case entry
    /// `EntryFlags`.
    case entryFlags
    /// `Mapping`: what the VMA here maps, 0 for a hole.
    case mapping
    /// `AreaFlags`.
    case areaFlags
    /// The VMA's anon_vma identity, 0 while it has none. From `Machine.inheritedIdentity` on: one that began with a fork.
    case anonymousArea
    /// `AreaStart`.
    case areaStart
}
