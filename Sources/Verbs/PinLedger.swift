// PinLedger.swift - how many registrations hold each page.
//
// Owns: a count for every page, as ranges of equal counts. Does not: charge anybody (`MemlockAccount`), hold pages.
//
// Kept as a balanced tree of boundaries: each node is a page at which the count changes, and by how much; a page's count
// is the sum of all changes up to it. Adding or removing a range touches its two ends only, however many ranges lie
// between, and equal neighbours merge by themselves: a change of zero is no node. Each subtree knows its sum and its
// lowest running sum, so that pages held by nobody are found without walking over the others.
//
//   registrations   [-------)          boundaries   a:+1  b:+1  c:-1  d:-1
//                       [------)       counts         1     2     1     0
//                   a   b   c  d
//
// Cost: logarithmic in the number of boundaries for each end, and for each range returned.
// Invariants: no count is negative; no change is zero; sums and order as `checkInvariants` says.

/// How many registrations hold each page.
public struct PinLedger: Sendable {
    /// Pages in a row that the same number of registrations hold.
    public struct Entry: Equatable, Sendable {
        public let pages: PageRange
        public let count: UInt32

        public init(pages: PageRange, count: UInt32) {
            self.pages = pages
            self.count = count
        }
    }

    var nodes: [Node] = []
    /// Places of `nodes` that can be used again, as a list through `left`.
    var firstFree = Node.none
    var root = Node.none
    /// Pages that at least one registration holds.
    public private(set) var heldPageCount: UInt64 = 0

    public init() {}

    /// Counts one more registration for each page of a range.
    /// - Returns: the pages that nobody held before, in order, as few ranges as possible.
    public mutating func add(_ range: PageRange) -> [PageRange] {
        if range.isEmpty { return [] }
        let taken = unheld(in: range)
        change(at: range.first.rawValue, by: 1)
        change(at: range.end.rawValue, by: -1)
        for pages in taken { heldPageCount += pages.count }
        return taken
    }

    /// Counts one registration less for each page of a range.
    /// - Precondition: at least one registration holds every page of it.
    /// - Returns: the pages that nobody holds any more, in order, as few ranges as possible.
    public mutating func remove(_ range: PageRange) -> [PageRange] {
        if range.isEmpty { return [] }
        precondition(firstUnheld(in: range) == nil, "releasing a page that no registration holds")
        change(at: range.first.rawValue, by: -1)
        change(at: range.end.rawValue, by: 1)
        let released = unheld(in: range)
        for pages in released { heldPageCount -= pages.count }
        return released
    }

    /// How many registrations hold a page.
    public func count(at page: PageNumber) -> UInt32 { UInt32(runningSum(through: page.rawValue)) }

    /// Everything held, in order of address; neighbours differ in count.
    public var entries: [Entry] {
        var entries: [Entry] = []
        var previous: (page: UInt64, count: Int32) = (0, 0)
        forEachBoundary { page, change in
            if previous.count > 0 {
                let pages = PageRange(PageNumber(rawValue: previous.page), to: PageNumber(rawValue: page))
                entries.append(Entry(pages: pages, count: UInt32(previous.count)))
            }
            previous = (page, previous.count + change)
        }
        return entries
    }

    /// The parts of a range that nobody holds.
    public func unheld(in range: PageRange) -> [PageRange] {
        var found: [PageRange] = []
        var rest = range
        while let gap = firstUnheld(in: rest) {
            found.append(gap)
            rest = PageRange(gap.end, to: range.end)
        }
        return found
    }

    /// The parts of a range that somebody holds.
    public func held(in range: PageRange) -> [PageRange] {
        var found: [PageRange] = []
        var next = range.first
        for gap in unheld(in: range) {
            if next < gap.first { found.append(PageRange(next, to: gap.first)) }
            next = gap.end
        }
        if next < range.end { found.append(PageRange(next, to: range.end)) }
        return found
    }

    /// The first pages in a row that nobody holds.
    private func firstUnheld(in range: PageRange) -> PageRange? {
        if range.isEmpty { return nil }
        let start = range.first.rawValue
        let end = range.end.rawValue
        var first = start
        if runningSum(through: start) > 0 {
            guard let boundary = firstZero(after: start), boundary < end else { return nil }
            first = boundary
        }
        let last = min(firstBoundary(after: first) ?? end, end)
        return PageRange(PageNumber(rawValue: first), to: PageNumber(rawValue: last))
    }
}
