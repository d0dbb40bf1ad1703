// PageTableEntry.swift - what one page-table entry says.
//
// Owns: the encoding of an entry in one cell. Counterpart in Linux: pte_t and its swap, migration and device forms.

/// What one page-table entry says.
public struct PageTableEntry: Equatable, Sendable {
    /// The cell's number: 0 none, 1… present, 32… swap, 64… migration, 128… device-private, 192… flushed.
    public let code: Int

    @inline(__always)
    public init(code: Int) { self.code = code }

    public static var none: PageTableEntry { PageTableEntry(code: 0) }

    @inline(__always)
    public static func present(_ frame: PageFrameNumber) -> PageTableEntry { PageTableEntry(code: frame.index + 1) }

    public static func swapped(_ slot: SwapSlot) -> PageTableEntry { PageTableEntry(code: 32 + slot.index) }

    public static func migrating(_ frame: PageFrameNumber) -> PageTableEntry { PageTableEntry(code: 64 + frame.index) }

    public static func devicePrivate(_ frame: PageFrameNumber) -> PageTableEntry { PageTableEntry(code: 128 + frame.index) }

    /// Taken away by a collapse of huge pages, which may put it back; the frame counts as mapped.
    public static func flushed(_ frame: PageFrameNumber) -> PageTableEntry { PageTableEntry(code: 192 + frame.index) }

    public var isNone: Bool { code == 0 }

    /// The frame that the processor reaches through this entry.
    @inline(__always)
    public var presentFrame: PageFrameNumber? { code > 0 && code < 32 ? PageFrameNumber(code - 1) : nil }

    public var swapSlot: SwapSlot? { code >= 32 && code < 64 ? SwapSlot(code - 32) : nil }

    public var migratingFrame: PageFrameNumber? { code >= 64 && code < 128 ? PageFrameNumber(code - 64) : nil }

    public var devicePrivateFrame: PageFrameNumber? { code >= 128 && code < 192 ? PageFrameNumber(code - 128) : nil }

    public var flushedFrame: PageFrameNumber? { code >= 192 ? PageFrameNumber(code - 192) : nil }

    /// The frame that this entry maps, reachable by the processor or not; each such entry counts in the frame's mapcount.
    public var mappedFrame: PageFrameNumber? { presentFrame ?? devicePrivateFrame }
}
