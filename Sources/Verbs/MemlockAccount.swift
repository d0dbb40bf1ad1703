// MemlockAccount.swift - how many pages a process has locked and pinned.
//
// Owns: the two counters of one process. Does not: know which pages they are (`PinLedger` does), or read the limit.
// A registration is charged for each of its base pages, whether or not another one holds them too: two registrations
// of one page are charged two pages.
// Linux counterpart: locked_vm and pinned_vm of struct mm_struct.

/// How many pages a process has locked and pinned.
public struct MemlockAccount: Equatable, Sendable {
    public let rule: MemlockRule
    public let pageSize: PageSize
    /// Pages charged for mlock, and for registrations too where the rule shares the counter.
    public private(set) var lockedPages: UInt64 = 0
    /// Pages charged for registrations where they have a counter of their own.
    public private(set) var pinnedPages: UInt64 = 0

    /// - Parameter lockedPages: charged already, for an account that is kept elsewhere; so `pinnedPages`.
    public init(
        rule: MemlockRule = .pinnedApart, pageSize: PageSize = .base4K, lockedPages: UInt64 = 0, pinnedPages: UInt64 = 0
    ) {
        self.rule = rule
        self.pageSize = pageSize
        self.lockedPages = lockedPages
        self.pinnedPages = pinnedPages
    }

    /// What registrations are measured by.
    public var registeredPages: UInt64 {
        switch rule {
        case .sharedWithLocked: lockedPages
        case .pinnedApart: pinnedPages
        }
    }

    /// Charges a registration; changes nothing when it throws.
    /// - Throws: ENOMEM when the total would be above the limit.
    public mutating func charge(pages: UInt64, limit: MemlockLimit) throws(VerbsErrno) {
        switch rule {
        case .sharedWithLocked: try charge(pages: pages, to: &lockedPages, limit: limit)
        case .pinnedApart: try charge(pages: pages, to: &pinnedPages, limit: limit)
        }
    }

    /// Undoes the charge of a registration exactly, whatever the limit has become meanwhile.
    /// - Precondition: so many pages are charged.
    public mutating func uncharge(pages: UInt64) {
        switch rule {
        case .sharedWithLocked: lockedPages -= pages
        case .pinnedApart: pinnedPages -= pages
        }
    }

    /// Charges an mlock of pages that were not locked.
    /// - Throws: EPERM when locking is not allowed at all, ENOMEM when the total would be above the limit.
    public mutating func lock(pages: UInt64, limit: MemlockLimit) throws(VerbsErrno) {
        try limit.checkAllowed()
        try charge(pages: pages, to: &lockedPages, limit: limit)
    }

    /// - Precondition: so many pages are charged.
    public mutating func unlock(pages: UInt64) { lockedPages -= pages }

    private func charge(pages: UInt64, to counter: inout UInt64, limit: MemlockLimit) throws(VerbsErrno) {
        let (total, overflow) = counter.addingReportingOverflow(pages)
        guard !overflow, limit.allows(pages: total, pageSize: pageSize) else { throw .noMemory }
        counter = total
    }
}
