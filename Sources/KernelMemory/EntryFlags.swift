// EntryFlags.swift - bits of one page-table entry.

/// Bits of one page-table entry.
public struct EntryFlags: OptionSet, Sendable {
    public let rawValue: Int

    @inline(__always)
    public init(rawValue: Int) { self.rawValue = rawValue }

    public static var writable: EntryFlags { EntryFlags(rawValue: 1) }
    public static var dirty: EntryFlags { EntryFlags(rawValue: 2) }
    /// Swap entries: the page was exclusive when it was swapped out.
    public static var swapExclusive: EntryFlags { EntryFlags(rawValue: 4) }
    /// PROT_NONE used as a NUMA hint.
    public static var hint: EntryFlags { EntryFlags(rawValue: 8) }
    /// One entry of the level above maps this page and its pair: a transparent huge page, mapped whole.
    public static var whole: EntryFlags { EntryFlags(rawValue: 16) }
    /// The soft-dirty bit was cleared: the next store must fault, whatever mprotect allows.
    public static var softClean: EntryFlags { EntryFlags(rawValue: 64) }
    /// Not the hardware's: an mprotect under way will fault the page for writing.
    public static var populates: EntryFlags { EntryFlags(rawValue: 32) }
}
