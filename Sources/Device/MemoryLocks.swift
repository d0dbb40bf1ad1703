// MemoryLocks.swift - registered pages locked in memory (VERBENA_PIN=mlock), beside the application's own locks.
//
// Owns: the record of who wants which page locked, and the system calls that follow. Does not: know the rules (LockedPages).
// By address only: what is held by frame stays in memory by that. On-demand and GIFT registrations hold no page.
// Linux counterpart: mlock(2), which the kernel charges against RLIMIT_MEMLOCK (VmLck) apart from our own account.
// Locking: `lock` is held through each of the program's calls that change mappings or locks; no other lock is taken under it.

import Fabric
import Platform
import Verbs

/// The locked pages of this process's registrations.
final class MemoryLocks: @unchecked Sendable {
    private let lock: WatchLock
    private var pages = LockedPages()
    private var explained = false

    init(owner: OwnerWord) { lock = WatchLock(owner: owner) }

    /// Locks the pages of a registration.
    /// - Throws: EPERM, ENOMEM, or EFAULT for pages that cannot be brought into memory; then nothing is changed.
    func hold(_ range: PageRange) throws(VerbsErrno) {
        try lock.whileHeld { () throws(VerbsErrno) in
            var found: [PageRange] = []
            var taken: [PageRange] = []
            for gap in pages.missing(in: range) {
                let before = MemoryLock.locked(in: gap.addresses).map(PageRange.init(addresses:))
                found += before
                taken.append(gap)
                do throws(SystemError) {
                    try MemoryLock.lock(address: gap.addresses.lowerBound, byteCount: gap.byteCount)
                } catch {
                    for gap in taken { unlock(gap, except: found) }
                    throw reason(error, for: gap)
                }
            }
            pages.hold(range, found: found)
        }
    }

    /// Nothing can fail here: what is not mapped any more has no lock.
    func release(_ range: PageRange) {
        lock.whileHeld { for pages in pages.release(range) { unlock(pages) } }
    }

    private func unlock(_ pages: PageRange) {
        MemoryLock.unlock(address: pages.addresses.lowerBound, byteCount: pages.byteCount)
    }

    private func unlock(_ pages: PageRange, except found: [PageRange]) {
        var kept = PageSet()
        for range in found { kept.insert(range) }
        for part in kept.gaps(in: pages) { unlock(part) }
    }

    /// mlock's ENOMEM means either the limit or a page that cannot be had, as one behind the end of its file.
    private func reason(_ error: SystemError, for range: PageRange) -> VerbsErrno {
        let isThere = MappedPages.bring(address: range.addresses.lowerBound, byteCount: range.byteCount, forWriting: false)
        if error.number == ErrorNumber.outOfMemory, !isThere { return .badAddress }
        explain(error, range)
        return error.number == ErrorNumber.notPermitted ? .notPermitted : .noMemory
    }

    private func explain(_ error: SystemError, _ range: PageRange) {
        guard !explained else { return }
        explained = true
        let limit = Host.memlockLimitBytes().map { "\($0 / 1024) KiB" } ?? "unlimited"
        Host.writeStandardError(
            """
            verbena: \(range.byteCount / 1024) KiB at 0x\(String(range.addresses.lowerBound, radix: 16)) cannot be locked in \
            memory: \(error). Registrations have \(pages.ours.pageCount * 4) KiB locked; the program's own locks count too \
            (VmLck in /proc/PID/status; limit \(limit)). Raise it (ulimit -l, LimitMEMLOCK=), or run without --pin mlock.

            """)
    }
}

// What MappingWatchers tells.
extension MemoryLocks {
    func begin() -> Bool { lock.begin() }

    func end() { lock.end() }

    func unmapped(address: UInt64, byteCount: UInt64) {
        if let range = Self.pages(address, byteCount) { pages.mappingEnded(range) }
    }

    /// By address the registration stays where it is; what moved is the application's alone, and so is what it grew by.
    func moved(address: UInt64, byteCount: UInt64, to place: UInt64, byteCount newByteCount: UInt64) {
        guard let old = Self.pages(address, byteCount), let new = Self.pages(place, newByteCount) else { return }
        let kept = min(old.count, new.count)
        let growth = PageRange(PageNumber(rawValue: new.first.rawValue + kept), to: new.end)
        let rest = PageRange(PageNumber(rawValue: old.first.rawValue + kept), to: old.end)
        let isGrowthOurs = !old.isEmpty && !pages.onlyOurs(in: PageRange(first: PageNumber(rawValue: old.end.rawValue - 1), count: 1)).isEmpty
        if old.first != new.first {
            for pages in pages.mappingMoved(PageRange(first: old.first, count: kept), to: new.first) { unlock(pages) }
        }
        pages.mappingEnded(rest)
        pages.mappingEnded(growth)
        if isGrowthOurs, !growth.isEmpty { unlock(growth) }
    }

    /// Part by part, as the kernel goes; what the application has locked too is refused, as without us.
    func drop(address: UInt64, byteCount: UInt64) -> Int32 {
        guard let range = Self.pages(address, byteCount) else { return -ErrorNumber.invalidArgument }
        var ours = PageSet()
        for part in pages.onlyOurs(in: range) { ours.insert(part) }
        guard !ours.isEmpty else { return -ErrorNumber.invalidArgument }
        let parts = ours.ranges.map { ($0, true) } + ours.gaps(in: range).map { ($0, false) }
        for (part, thoughLocked) in parts.sorted(by: { $0.0.first < $1.0.first }) {
            do throws(SystemError) {
                try MemoryLock.drop(
                    address: part.addresses.lowerBound, byteCount: part.byteCount, thoughLocked: thoughLocked)
            } catch {
                return -error.number
            }
        }
        return 0
    }

    func locked(address: UInt64, byteCount: UInt64) {
        if let range = Self.pages(address, byteCount) { pages.applicationLocked(range) }
    }

    func lockedAll() { pages.applicationLockedAll() }

    /// - Returns: what munlock would: ENOMEM where part of the range is not mapped, after unlocking what is before it.
    func unlock(address: UInt64, byteCount: UInt64) -> Int32 {
        guard let range = Self.pages(address, byteCount) else { return -ErrorNumber.invalidArgument }
        for part in pages.applicationUnlocks(range) {
            let start = part.pages.addresses.lowerBound
            if part.isKept {
                if MappingQuery.rights(start: start, byteCount: part.pages.byteCount) == nil { return -ErrorNumber.outOfMemory }
                continue
            }
            do throws(SystemError) {
                try MemoryLock.unlockAll(address: start, byteCount: part.pages.byteCount)
            } catch {
                return -error.number
            }
        }
        return 0
    }

    /// Nothing is locked now, for a moment.
    func unlockedAll() {
        for range in pages.applicationUnlockedAll() {
            do throws(SystemError) {
                try MemoryLock.lock(address: range.addresses.lowerBound, byteCount: range.byteCount)
            } catch {
                explain(error, range)
            }
        }
    }

    /// The pages of a range as the kernel rounds it; nil where it passes the end of the address space.
    private static func pages(_ address: UInt64, _ byteCount: UInt64) -> PageRange? {
        let size = PageSize.base4K
        guard let range = size.pages(address: address, length: byteCount) else { return nil }
        return byteCount == 0 ? PageRange(first: range.first, count: 0) : range
    }
}

extension PageRange {
    fileprivate init(addresses: Range<UInt64>) {
        let size = PageSize.base4K
        self.init(size.page(of: addresses.lowerBound), to: size.page(of: addresses.upperBound))
    }

    fileprivate var addresses: Range<UInt64> {
        (first.rawValue * PageSize.base4K.bytes)..<(end.rawValue * PageSize.base4K.bytes)
    }

    fileprivate var byteCount: UInt64 { count * PageSize.base4K.bytes }
}
