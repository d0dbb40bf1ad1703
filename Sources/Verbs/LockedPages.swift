// LockedPages.swift - which pages are locked in memory, for whom: for registrations, for the application, for both.
//
// Owns: the rules. Does not: lock anything (Device/MemoryLocks does what is answered here), or look at mappings.
// mlock(2) does not count: one munlock undoes any number of locks. So this counts, and says when a call is due.
//
//   a page is to be locked while   a registration holds it, on the mapping that was there when it was locked
//                             or   the application has it locked (asked for while registered, or found so before)
//
// Locks belong to mappings: what is unmapped, or mapped over, loses its lock whoever wanted it, and what is moved takes its
// lock along. A registration does not lock the mapping that comes after; the next registration of it does.
// Invariants: `ours` and `applications` are parts of what the ledger holds.

/// Which pages are locked in memory, and for whom.
public struct LockedPages: Sendable {
    /// How many registrations hold each page.
    public private(set) var ledger = PinLedger()
    /// Pages that were locked for a registration, and whose mapping is still there.
    public private(set) var ours = PageSet()
    /// Pages of registrations that the application wants locked too.
    public private(set) var applications = PageSet()

    public init() {}

    /// What has to be locked for one more registration of a range.
    public func missing(in range: PageRange) -> [PageRange] { ours.gaps(in: range) }

    /// Counts a registration whose missing pages are locked now.
    /// - Parameter found: those among them that were locked before.
    public mutating func hold(_ range: PageRange, found: [PageRange]) {
        _ = ledger.add(range)
        ours.insert(range)
        for pages in found { applications.insert(pages) }
    }

    /// Counts a registration less.
    /// - Precondition: it was counted.
    /// - Returns: what is to be unlocked.
    public mutating func release(_ range: PageRange) -> [PageRange] {
        let ended = ledger.remove(range)
        let unlocked = ended.flatMap { onlyOurs(in: $0) }
        for pages in ended { mappingEnded(pages) }
        return unlocked
    }

    /// Pages that are locked for registrations alone.
    public func onlyOurs(in range: PageRange) -> [PageRange] {
        ours.parts(in: range).flatMap { applications.gaps(in: $0) }
    }

    /// The mappings of a range are gone, and their locks with them.
    public mutating func mappingEnded(_ range: PageRange) {
        ours.remove(range)
        applications.remove(range)
    }

    /// The mappings of a range are elsewhere now.
    /// - Returns: what is to be unlocked there, because registrations alone had it locked.
    public mutating func mappingMoved(_ range: PageRange, to place: PageNumber) -> [PageRange] {
        let taken = onlyOurs(in: range)
        mappingEnded(range)
        mappingEnded(PageRange(first: place, count: range.count))
        return taken.map {
            let distance = $0.first.rawValue - range.first.rawValue
            return PageRange(first: PageNumber(rawValue: place.rawValue + distance), count: $0.count)
        }
    }

    /// The application has locked a range.
    public mutating func applicationLocked(_ range: PageRange) {
        for entry in ledger.held(in: range) { applications.insert(entry) }
    }

    /// The application has locked everything that is mapped.
    public mutating func applicationLockedAll() {
        for entry in ledger.entries { applications.insert(entry.pages) }
    }

    /// The application wants a range unlocked.
    /// - Returns: the range in parts, in order; only those that are not kept are to be unlocked.
    public mutating func applicationUnlocks(_ range: PageRange) -> [(pages: PageRange, isKept: Bool)] {
        applications.remove(range)
        let kept = ours.parts(in: range).map { (pages: $0, isKept: true) }
        let others = ours.gaps(in: range).map { (pages: $0, isKept: false) }
        return (kept + others).sorted { $0.pages.first < $1.pages.first }
    }

    /// The application has unlocked everything.
    /// - Returns: what is to be locked again.
    public mutating func applicationUnlockedAll() -> [PageRange] {
        applications = PageSet()
        return ours.ranges
    }
}
