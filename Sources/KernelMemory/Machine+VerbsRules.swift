// Machine+VerbsRules.swift - where the model asks the rules that live devices use too.
//
// Owns: the translation of an operation into the requests of module Verbs. Does not: repeat any of those rules.
// Every byte count here is made of base pages; a region that starts or ends inside a page counts the whole page.
import Verbs

extension Machine {
    /// The rights as a program asks for them.
    private func rights(_ flags: OperationFlags) -> AccessFlags {
        var rights: AccessFlags = []
        if flags.contains(.localWrite) { rights.insert(.localWrite) }
        if flags.contains(.remoteWrite) { rights.insert(.remoteWrite) }
        if flags.contains(.remoteRead) { rights.insert(.remoteRead) }
        if flags.contains(.onDemand) { rights.insert(.onDemand) }
        if flags.contains(.relaxedOrdering) { rights.insert(AccessFlags(rawValue: 1 << 20)) }
        return rights
    }

    private func outcome(_ errno: VerbsErrno) -> Outcome {
        switch errno {
        case .notPermitted: .notPermitted
        case .noMemory: .noMemory
        case .accessDenied: .accessDenied
        case .notSupported: .notSupported
        case .badAddress: .badAddress
        default: .invalid
        }
    }

    /// Why a registration with these rights is refused before anything is charged.
    func registrationRefusal(_ operation: Operation) -> Outcome? {
        do throws(VerbsErrno) {
            try MemoryRegistrationRules.checkAccess(rights(operation.flags), supportsOnDemand: rules.has(.onDemandPaging))
            return nil
        } catch {
            return outcome(error)
        }
    }

    /// Pages that a registration of the operation's bytes is charged. `second` is the offset in the first page and `argument` the
    /// length in bytes, both 0 for whole pages.
    func chargedPages(_ operation: Operation) -> Int {
        let size = PageSize.base4K
        let start = UInt64(operation.page.index) * size.bytes + UInt64(operation.second)
        let length = operation.argument == 0 ? UInt64(operation.pageCount) * size.bytes : UInt64(operation.argument)
        return size.pages(address: start, length: length).map { Int($0.count) } ?? 0
    }

    func limit(_ process: ProcessID, _ state: borrowing KernelState) -> MemlockLimit {
        let pages = state[.process(process, .lockLimit)]
        return pages == KernelState.unlimited ? .unlimited : MemlockLimit(bytes: UInt64(pages) * PageSize.base4K.bytes)
    }

    /// Whether registering is forbidden altogether.
    func forbidsLocking(_ process: ProcessID, _ state: borrowing KernelState) -> Bool {
        do throws(VerbsErrno) {
            try limit(process, state).checkAllowed()
            return false
        } catch {
            return true
        }
    }

    /// Whether a total of charged pages is above the limit of the process.
    func isOverLimit(_ total: Int, _ process: ProcessID, _ state: borrowing KernelState) -> Bool {
        guard rules.has(.guardLimitChecked) else { return false }
        return !limit(process, state).allows(pages: UInt64(total), pageSize: .base4K)
    }

    /// The counter that registrations are charged to.
    func counter(_ process: ProcessID) -> Cell {
        let rule: MemlockRule = rules.has(.separatePinnedCounter) ? .pinnedApart : .sharedWithLocked
        switch rule {
        case .pinnedApart: return .process(process, .pinned)
        case .sharedWithLocked: return .process(process, .locked)
        }
    }

    /// True if the device may write through a region with these rights, as the kernel computed it in this era.
    func isWritable(_ flags: OperationFlags) -> Bool {
        if rights(flags).needsWritableMemory { return true }
        // Before 3.18 every right but REMOTE_READ made the region writable.
        return !rules.has(.writableByListedFlags) && flags.contains(.relaxedOrdering)
    }

    /// Why new rights for a live region are refused. Kernels before the check of 2026 are asked as if every pin were for write.
    func reregistrationRefusal(_ operation: Operation, _ held: RegionAccess) -> Outcome? {
        let request = MemoryRegistrationRequest(address: 0, length: PageSize.base4K.bytes, access: rights(operation.flags))
        let isHeldWritable = held.contains(.pinnedForWrite) || !rules.has(.reregistrationChecksPin)
        let existing = MemoryReregistrationRules.Existing(access: [], isHeldWritable: isHeldWritable)
        var account = MemlockAccount()
        do throws(VerbsErrno) {
            _ = try MemoryReregistrationRules.admit(
                .access, request, of: existing, supportsOnDemand: rules.has(.onDemandPaging), account: &account, limit: .unlimited)
            return nil
        } catch {
            return outcome(error)
        }
    }
}
