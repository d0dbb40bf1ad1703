// ForkProtectedPages.swift - which pages are kept from forked children, for whom: for registrations, for the application.
//
// Owns: the rules. Does not: advise the kernel (Device/ForkProtector does what is answered here), or look at mappings.
// MADV_DONTFORK does not count: one DOFORK undoes any number of calls, whoever made them.
//
// A page is kept from children while a registration covers it wholly, if it is private and writable:
//   in part only  stays with the child, which may need the bytes beside; an edge of a hugepage is a page of its size
//   shared        stays with the child: a fork does not separate it from the device
//   not writable  stays with the child: nobody's write separates it from the device
// and while the application wants so: asked for meanwhile, or found so at registration.
//
// The advice belongs to mappings. What is moved takes it along, and this follows. A mapping that comes in the place of
// another does not have it, though registrations of its addresses are counted: so what a registration needs is taken from
// what is mapped, and not from the count alone.
// Invariants: `ours` and `applications` have no page in common; each of their pages is held, in its place or as moved.

/// Which pages are kept from forked children, and for whom.
public struct ForkProtectedPages: Sendable {
    /// How many registrations hold each page.
    public private(set) var ledger = PinLedger()
    /// Pages that are kept from children for registrations alone.
    public private(set) var ours = PageSet()
    /// Pages of registrations that the application keeps from children too.
    public private(set) var applications = PageSet()
    /// Held pages that are not where they were registered. Few: programs seldom move what they registered.
    private var moved: [MovedPages] = []

    public init() {}

    /// Held pages at another place than where they were registered.
    private struct MovedPages: Sendable {
        var origin: PageRange
        var place: PageNumber

        var placeRange: PageRange { PageRange(first: place, count: origin.count) }

        /// The parts of this at some pages of its place, or of its origin.
        func part(atPlace pages: PageRange) -> MovedPages {
            MovedPages(origin: pages.shifted(from: place, to: origin.first), place: pages.first)
        }
        func part(atOrigin pages: PageRange) -> MovedPages {
            MovedPages(origin: pages, place: pages.shifted(from: origin.first, to: place).first)
        }
    }

    /// What a registration of some bytes holds of the areas that they lie in.
    public static func held(address: UInt64, length: UInt64, of areas: [ForkArea], pageSize: PageSize) -> [PageRange] {
        let (end, overflow) = address.addingReportingOverflow(length)
        guard !overflow else { return [] }
        return areas.filter { $0.isPrivate && $0.isWritable }.compactMap { area in
            let unit = area.unitPages << UInt64(pageSize.shift)
            let (rounded, overflow) = address.addingReportingOverflow(unit - 1)
            guard !overflow else { return nil }
            let whole = PageRange(pageSize.page(of: rounded / unit * unit), upTo: pageSize.page(of: end / unit * unit))
            return whole.intersection(area.pages)
        }
    }

    /// The parts of held pages that the kernel has to be told of: those whose area a fork would copy.
    public static func missing(_ held: [PageRange], in areas: [ForkArea]) -> [PageRange] {
        areas.filter { !$0.isNotForked }.flatMap { area in held.compactMap { $0.intersection(area.pages) } }
    }

    /// Counts a registration, for which some pages are newly kept from children.
    public mutating func hold(_ held: [PageRange], protected: [PageRange]) {
        for pages in protected {
            applications.remove(pages)
            ours.insert(pages)
        }
        for pages in held {
            _ = ledger.add(pages)
            for found in ours.gaps(in: pages) { applications.insert(found) }
        }
    }

    /// Counts a registration less.
    /// - Precondition: it was counted.
    /// - Returns: what children are to get again.
    public mutating func release(_ held: [PageRange]) -> [PageRange] {
        let ended = held.flatMap { ledger.remove($0) }
        let places = ended + ended.flatMap { takeMoved(from: $0) }.map(\.placeRange)
        let free = places.flatMap { unheld(in: $0) }
        let given = free.flatMap { ours.parts(in: $0) }
        for pages in free { forget(pages) }
        return given
    }

    /// The mappings of a range are elsewhere now, and the range has become longer or shorter.
    /// - Parameter keepsOld: a new mapping, with the same advice, stands in the old place.
    /// - Returns: what children are to get: what has grown at the end inherits the advice of what it grew from.
    public mutating func mappingMoved(
        _ range: PageRange, to place: PageNumber, count: UInt64, keepsOld: Bool = false
    ) -> [PageRange] {
        let kept = PageRange(first: range.first, count: min(range.count, count))
        let grown = PageRange(first: PageNumber(rawValue: place.rawValue + kept.count), count: count - kept.count)
        let inherits = ours.parts(in: kept).last?.end == range.end
        if place != range.first {
            move(kept, to: place, from: range, count: count, keepsOld: keepsOld)
        } else if count < range.count {
            mappingEnded(PageRange(kept.end, to: range.end))
        }
        return inherits ? unheld(in: grown) : []
    }

    private mutating func move(_ kept: PageRange, to place: PageNumber, from range: PageRange, count: UInt64, keepsOld: Bool) {
        let protected = ours.parts(in: kept)
        let others = applications.parts(in: kept)
        let holds = (protected + others).flatMap { origins(of: $0) }
        if !keepsOld { mappingEnded(range) }
        mappingEnded(PageRange(first: place, count: count))
        for pages in protected { ours.insert(pages.shifted(from: range.first, to: place)) }
        for pages in others { applications.insert(pages.shifted(from: range.first, to: place)) }
        moved += holds.map { MovedPages(origin: $0.origin, place: $0.placeRange.shifted(from: range.first, to: place).first) }
    }

    /// Where the pages of a range were registered.
    private func origins(of range: PageRange) -> [MovedPages] {
        moved.compactMap { hold in range.intersection(hold.placeRange).map { hold.part(atPlace: $0) } }
            + ledger.held(in: range).map { MovedPages(origin: $0, place: $0.first) }
    }

    /// The mappings of a range are gone, and the advice with them.
    public mutating func mappingEnded(_ range: PageRange) {
        forget(range)
        moved = moved.flatMap { hold in
            hold.placeRange.remainder(without: range).map { hold.part(atPlace: $0) }
        }
    }

    /// The application has kept a range from children itself, and they do not get it when registrations end.
    public mutating func applicationForbids(_ range: PageRange) {
        for pages in ours.parts(in: range) { applications.insert(pages) }
        ours.remove(range)
    }

    /// The application wants children to get a range.
    /// - Returns: what they are to get at once; the rest they get when its registrations end.
    public mutating func applicationAllows(_ range: PageRange) -> [PageRange] {
        for pages in applications.parts(in: range) { ours.insert(pages) }
        applications.remove(range)
        return ours.gaps(in: range)
    }

    private mutating func forget(_ range: PageRange) {
        ours.remove(range)
        applications.remove(range)
    }

    /// The parts of a range that are kept from children, and that some registration holds.
    public func heldParts(in range: PageRange) -> [PageRange] { ours.parts(in: range) + applications.parts(in: range) }

    /// The parts of a range that no registration holds, here or as moved.
    private func unheld(in range: PageRange) -> [PageRange] {
        moved.reduce(ledger.unheld(in: range)) { rest, hold in rest.flatMap { $0.remainder(without: hold.placeRange) } }
    }

    private mutating func takeMoved(from origin: PageRange) -> [MovedPages] {
        let taken = moved.compactMap { hold in hold.origin.intersection(origin).map { hold.part(atOrigin: $0) } }
        moved = moved.flatMap { hold in hold.origin.remainder(without: origin).map { hold.part(atOrigin: $0) } }
        return taken
    }
}
