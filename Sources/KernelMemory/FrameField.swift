// FrameField.swift - fields of one page frame.

/// Fields of one page frame.
public enum FrameField: Int, CaseIterable, Sendable {
    /// `FrameUse`.
    case use
    /// PageAnonExclusive.
    case exclusive
    case content
    /// 1 dirty, 2 announced to the file system since the page was last clean.
    case dirty
    /// `FolioPart`.
    case folio
    /// `Zone`; fixed.
    case zone
    /// References held by an owner that is neither a page table nor a holder in this model (a pool, a pgmap).
    case baseReferences
    /// `ExclusiveOwnership` bits of XPFO.
    case ownership
    /// XPFO's mapcount.
    case kernelMaps
}
