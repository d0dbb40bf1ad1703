// ForkProtector.swift - keeps registered pages from forked children.
//
// Owns: the advice to the kernel, its undoing, and the explanation where the process has no memory areas left for it.
// Does not: know which pages (Verbs/ForkProtectedPages).
// A registration splits its area into three, and its end is to make it whole again. The kernel joins areas only if their
// frames hang from the same root (anon_vma), and gives an area a root with its first frame: so an area gets a frame before
// it is split. Counterpart: madvise(2) MADV_DONTFORK; ibv_dontfork_range of libibverbs.
// Locking: `lock`, around the count and the kernel's calls, so that both change together.

import Fabric
import Platform
import Verbs

/// What this process keeps from its children for its registrations.
final class ForkProtector: @unchecked Sendable {
    let lock: WatchLock
    var pages = ForkProtectedPages()
    /// What children are to get again, and the kernel could not give them for want of areas.
    private var owed = PageSet()
    private var explained = false
    /// The application's advice is heard, and there was none.
    private let isApplicationSilent: () -> Bool
    static let pageSize = PageSize.base4K

    init(owner: OwnerWord, isApplicationSilent: @escaping () -> Bool = { ForkAdvice.wasNeverGiven }) {
        lock = WatchLock(owner: owner)
        self.isApplicationSilent = isApplicationSilent
    }

    /// Keeps the pages of a registration from children.
    /// - Returns: what to release when it ends.
    /// - Throws: ENOMEM where the process has no areas left; then nothing is changed.
    func protect(_ request: MemoryRegistrationRequest) throws(VerbsErrno) -> [PageRange] {
        // Neither follows the frames that a child could share: the one looks them up, the other may see what was.
        if request.access.contains(.onDemand) || request.access.contains(.gift) { return [] }
        return try lock.whileHeld { () throws(VerbsErrno) in
            do throws(SystemError) {
                return try protectLocked(request)
            } catch {
                explain(error)
                throw .noMemory
            }
        }
    }

    private func protectLocked(_ request: MemoryRegistrationRequest) throws(SystemError) -> [PageRange] {
        settleOwed()
        let mapped = try mappedAreas(of: request)
        let areas = mapped.map(Self.forkArea)
        let held = ForkProtectedPages.held(
            address: request.address, length: request.length, of: areas, pageSize: Self.pageSize)
        let missing = ForkProtectedPages.missing(held, in: areas)
        for (area, pages) in zip(mapped, areas.map(\.pages)) where !area.hasFrames {
            if let first = missing.first(where: { $0.intersection(pages) != nil })?.first {
                MappedArea.giveFrame(at: Self.address(first))
            }
        }
        try forbid(missing)
        let inherited = held.flatMap { owed.parts(in: $0) }
        for range in inherited { owed.remove(range) }
        pages.hold(held, protected: missing + inherited)
        return held
    }

    /// Where only registrations keep memory from children nobody has to look which areas are kept: the kernel is told once more.
    private func mappedAreas(of request: MemoryRegistrationRequest) throws(SystemError) -> [MappedArea] {
        let end = request.address &+ request.length
        if isApplicationSilent(), let areas = MappedArea.allButForked(from: request.address, to: end) { return areas }
        return try MappedArea.all(from: request.address, to: end)
    }

    /// All of the ranges, or none but what is kept for other registrations already.
    private func forbid(_ ranges: [PageRange]) throws(SystemError) {
        for (index, range) in ranges.enumerated() {
            do throws(SystemError) {
                try MappedArea.setForked(false, address: Self.address(range.first), byteCount: Self.byteCount(range))
            } catch {
                for part in ranges[...index].flatMap({ pages.ours.gaps(in: $0) }) { allow(part) }
                throw error
            }
        }
    }

    /// Ends what `protect` began.
    func release(_ held: [PageRange]) {
        if held.isEmpty { return }
        lock.whileHeld {
            settleOwed()
            for range in pages.release(held) { allow(range) }
        }
    }

    func allow(_ range: PageRange) {
        do throws(SystemError) {
            try MappedArea.setForked(true, address: Self.address(range.first), byteCount: Self.byteCount(range))
        } catch {
            // What is mapped of a range with holes has been told all the same.
            if error.number == ErrorNumber.outOfMemory { return }
            if error.number == ErrorNumber.invalidArgument { return allowByAreas(range) }
            owed.insert(range)
            explain(error)
        }
    }

    /// Another mapping stands there now, and takes no such advice, or only for whole hugepages.
    private func allowByAreas(_ range: PageRange) {
        let low = Self.address(range.first)
        let high = low + Self.byteCount(range)
        guard let areas = try? MappedArea.all(from: low, to: high) else { return }
        for area in areas where area.isNotForked && area.start >= low && area.end <= high {
            try? MappedArea.setForked(true, address: area.start, byteCount: area.end - area.start)
        }
    }

    /// Tries again what could not be given back: areas may have become fewer since.
    private func settleOwed() {
        if owed.isEmpty { return }
        let ranges = owed.ranges
        for range in ranges { owed.remove(range) }
        for range in ranges { allow(range) }
    }

    /// Once: an errno alone would not tell what to do.
    func explain(_ error: SystemError) {
        guard !explained else { return }
        explained = true
        let budget = MappedArea.budget(pid: Host.processNumber).map {
            "this process has \($0.used) of \($0.maximum) memory areas (vm.max_map_count)"
        }
        Host.writeStandardError(
            """
            verbena: which children get registered memory cannot be told to the kernel: \(budget ?? "\(error)"). Each stretch \
            of registered pages inside an area makes it three. Raise the limit (sysctl vm.max_map_count=262144), register \
            longer stretches, or run with --fork-protection none.

            """)
    }

    static func forkArea(_ area: MappedArea) -> ForkArea {
        let first = pageSize.page(of: area.start)
        return ForkArea(
            pages: PageRange(first, to: pageSize.page(of: area.end)), unitPages: area.pageBytes >> UInt64(pageSize.shift),
            isPrivate: !area.isShared, isWritable: area.isWritable, isNotForked: area.isNotForked)
    }

    static func address(_ page: PageNumber) -> UInt64 { page.rawValue << UInt64(pageSize.shift) }
    static func byteCount(_ range: PageRange) -> UInt64 { range.count << UInt64(pageSize.shift) }
}
