// PageSet.swift - pages, each in or out.
//
// Owns: nothing but the set. Kept as a ledger that counts no further than one.
// Cost: logarithmic in the number of its ranges, for each range given and each found.

/// A set of pages, as ranges.
public struct PageSet: Sendable {
    private var ledger = PinLedger()

    public init() {}

    public var isEmpty: Bool { ledger.heldPageCount == 0 }
    public var pageCount: UInt64 { ledger.heldPageCount }

    /// Everything in it, in order, as few ranges as possible.
    public var ranges: [PageRange] { ledger.entries.map(\.pages) }

    public mutating func insert(_ range: PageRange) {
        for gap in ledger.unheld(in: range) { _ = ledger.add(gap) }
    }

    public mutating func remove(_ range: PageRange) {
        for part in parts(in: range) { _ = ledger.remove(part) }
    }

    /// The pages of a range that are not in the set.
    public func gaps(in range: PageRange) -> [PageRange] { ledger.unheld(in: range) }

    /// The pages of a range that are in the set.
    public func parts(in range: PageRange) -> [PageRange] { ledger.held(in: range) }
}
