// Memlock.swift - charges this process's registrations against its limit.
//
// Owns: the account, under a lock, and the limit's source: RLIMIT_MEMLOCK and CAP_IPC_LOCK as they are at the moment, or
// VERBENA_MEMLOCK as it was at the beginning (kernel, unlimited, or a number of bytes). Does not: know the rule (Verbs).
// The capability takes longer to find out than all the rest of a registration: it is looked for only where the limit alone
// would refuse, and it lifts the limit, so that the answers are the same.

import Fabric
import Platform
import Verbs

/// The memlock account of this process.
final class Memlock: @unchecked Sendable {
    private let lock = PrivateLock()
    private let account = LockedState(MemlockAccount())
    private let view: SegmentView
    private let explained = LockedState(false)
    /// What VERBENA_MEMLOCK says; nil is the kernel's limit.
    private let chosen: MemlockLimit?

    init(view: SegmentView) {
        self.view = view
        let setting = Host.environment("VERBENA_MEMLOCK")
        chosen = setting == "unlimited" ? .unlimited : setting.flatMap { UInt64($0) }.map { MemlockLimit(bytes: $0) }
    }

    /// Checks and charges a registration; the pages charged.
    func admit(_ request: MemoryRegistrationRequest) throws(VerbsErrno) -> UInt64 {
        try charge(request) { account, limit throws(VerbsErrno) in
            try MemoryRegistrationRules.admit(request, supportsOnDemand: true, account: &account, limit: limit)
        }
    }

    /// The same for the change of a registration; 0 when it keeps its memory.
    func admit(
        _ flags: MemoryReregistrationFlags, _ request: MemoryRegistrationRequest,
        of existing: MemoryReregistrationRules.Existing, isProtectionDomainValid: Bool
    ) throws(VerbsErrno) -> UInt64 {
        try charge(request) { account, limit throws(VerbsErrno) in
            try MemoryReregistrationRules.admit(
                flags, request, of: existing, isProtectionDomainValid: isProtectionDomainValid, supportsOnDemand: true,
                account: &account, limit: limit)
        }
    }

    private func charge(
        _ request: MemoryRegistrationRequest,
        by rule: (inout MemlockAccount, MemlockLimit) throws(VerbsErrno) -> PageRange?
    ) throws(VerbsErrno) -> UInt64 {
        try lock.withLock { () throws(VerbsErrno) -> UInt64 in
            do throws(VerbsErrno) {
                let range = try judge(by: rule)
                view.header.pinnedPages.store(account.value.registeredPages)
                return range?.count ?? 0
            } catch {
                if error == .noMemory { explain(request) }
                throw error
            }
        }
    }

    func uncharge(pages: UInt64) {
        lock.withLock {
            account.value.uncharge(pages: pages)
            view.header.pinnedPages.store(account.value.registeredPages)
        }
    }

    private func judge(
        by rule: (inout MemlockAccount, MemlockLimit) throws(VerbsErrno) -> PageRange?
    ) throws(VerbsErrno) -> PageRange? {
        let limit = chosen ?? Host.memlockLimitBytes().map { MemlockLimit(bytes: $0) } ?? .unlimited
        do throws(VerbsErrno) {
            return try rule(&account.value, limit)
        } catch {
            guard chosen == nil, error == .noMemory || error == .notPermitted, Host.hasCapability(.ipcLock) else { throw error }
            return try rule(&account.value, .unlimited)
        }
    }

    /// Once: an ENOMEM alone would not tell what to do.
    private func explain(_ request: MemoryRegistrationRequest) {
        guard !explained.value else { return }
        explained.value = true
        let held = account.value.registeredPages * 4
        let limit = Host.memlockLimitBytes().map { "\($0 / 1024) KiB" } ?? "unlimited"
        Host.writeStandardError(
            """
            verbena: registering \(request.length) bytes exceeds the locked-memory limit (\(limit); \(held) KiB are \
            registered already). Raise it (ulimit -l, LimitMEMLOCK=), or run with --memlock unlimited.

            """)
    }
}
