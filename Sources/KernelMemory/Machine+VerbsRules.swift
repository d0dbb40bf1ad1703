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
        if flags.contains(.windowBind) { rights.insert(.memoryWindowBind) }
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

    // MARK: Charges

    /// RLIMIT_MEMLOCK of a process; none where the check of it is taken away.
    func limit(_ process: ProcessID, _ state: borrowing KernelState) -> MemlockLimit {
        let pages = state[.process(process, .lockLimit)]
        guard pages != KernelState.unlimited, rules.has(.guardLimitChecked) else { return .unlimited }
        return MemlockLimit(bytes: UInt64(pages) * PageSize.base4K.bytes)
    }

    /// The counters of a process.
    func account(_ process: ProcessID, _ state: borrowing KernelState) -> MemlockAccount {
        MemlockAccount(
            rule: rules.has(.separatePinnedCounter) ? .pinnedApart : .sharedWithLocked,
            lockedPages: UInt64(state[.process(process, .locked)]), pinnedPages: UInt64(state[.process(process, .pinned)]))
    }

    private func store(_ account: MemlockAccount, _ process: ProcessID, _ state: inout KernelState) {
        state[.process(process, .locked)] = Int(account.lockedPages)
        state[.process(process, .pinned)] = Int(account.pinnedPages)
    }

    /// Charges a registration; an outcome means that nothing was charged.
    func charge(_ pages: Int, _ process: ProcessID, _ limit: MemlockLimit, _ state: inout KernelState) -> Outcome? {
        var account = account(process, state)
        do throws(VerbsErrno) { try account.charge(pages: UInt64(pages), limit: limit) } catch { return outcome(error) }
        store(account, process, &state)
        return nil
    }

    /// Undoes a charge. Kernels that undo it on another process than they charged may find less there than they take.
    func uncharge(_ pages: Int, _ process: ProcessID, _ state: inout KernelState) {
        var account = account(process, state)
        let covered = min(UInt64(pages), account.registeredPages)
        if covered < UInt64(pages) { state[.global(.accountingUnderflow)] = 1 }
        account.uncharge(pages: covered)
        store(account, process, &state)
    }

    /// Charges an mlock of so many pages that were not locked.
    func chargeLock(_ pages: Int, _ process: ProcessID, _ state: inout KernelState) -> Outcome? {
        var account = account(process, state)
        do throws(VerbsErrno) { try account.lock(pages: UInt64(pages), limit: limit(process, state)) } catch { return outcome(error) }
        store(account, process, &state)
        return nil
    }

    func undoLock(_ pages: Int, _ process: ProcessID, _ state: inout KernelState) {
        var account = account(process, state)
        account.unlock(pages: min(UInt64(pages), account.lockedPages))
        store(account, process, &state)
    }

    /// io_uring: the charge is the user's, unless the process is above the limit, and is noted at the process as well.
    func chargeUser(_ pages: Int, _ process: ProcessID, _ state: inout KernelState) -> Outcome? {
        guard isLimited(process, state) else {
            if !rules.has(.fixedBuffersSparePrivileged) { state[.process(process, .pinned)] += pages }
            return nil
        }
        let user = ProcessID(state[.process(process, .user)])
        var userAccount = MemlockAccount(pinnedPages: UInt64(state[.process(user, .userLocked)]))
        do throws(VerbsErrno) {
            try userAccount.charge(pages: UInt64(pages), limit: limit(process, state))
        } catch {
            return outcome(error)
        }
        state[.process(user, .userLocked)] = Int(userAccount.pinnedPages)
        state[.process(process, .pinned)] += pages
        return nil
    }

    func unchargeUser(_ pages: Int, _ process: ProcessID, _ state: inout KernelState) {
        guard isLimited(process, state) else {
            if !rules.has(.fixedBuffersSparePrivileged) { state.subtract(pages, from: .process(process, .pinned)) }
            return
        }
        let user = ProcessID(state[.process(process, .user)])
        state.subtract(pages, from: .process(user, .userLocked))
        state.subtract(pages, from: .process(process, .pinned))
    }

    /// Whether RLIMIT_MEMLOCK binds a process: CAP_IPC_LOCK stands above it.
    private func isLimited(_ process: ProcessID, _ state: borrowing KernelState) -> Bool {
        state[.process(process, .lockLimit)] != KernelState.unlimited
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
        !limit(process, state).allows(pages: UInt64(total), pageSize: .base4K)
    }

    // MARK: Access

    /// Why a device's access through a region's key is refused. Pins, pipes and fixed buffers have no key: whoever holds one may use it.
    func accessRefusal(_ operation: Operation, _ state: borrowing KernelState) -> Outcome? {
        let refusal: Outcome = operation.flags.contains(.local) ? .localAccessError : .remoteAccessError
        let size = PageSize.base4K.bytes
        let first = UInt64(state[.region(operation.region, .firstPage)])
        let verdict = AccessCheck.check(
            descriptor(operation.region, state), key: Machine.key(operation.region),
            address: (first + UInt64(operation.argument)) * size, length: size, protectionDomain: Machine.domain,
            use: use(operation, state))
        switch verdict {
        case .granted: return nil
        case .accessDenied: return rules.has(.guardKeyChecksAccess) ? refusal : nil
        case .noSuchKey, .wrongProtectionDomain, .outOfBounds: return refusal
        }
    }

    /// Whether the window of the operation may be bound so.
    func allowsBind(_ operation: Operation, _ state: borrowing KernelState) -> Bool {
        let (window, region) = (operation.region, operation.original)
        let size = PageSize.base4K.bytes
        let kind: MemoryWindowKind = operation.flags.contains(.secondType) ? .type2 : .type1
        let first = UInt64(state[.region(region, .firstPage)] + operation.argument) * size
        let isBound = state.life(window) == .live
        guard state.kind(region) == .memoryRegion else { return false }
        return MemoryWindowRules.allowsBind(
            MemoryWindowRules.Window(kind: kind, protectionDomain: Machine.domain, isBound: isBound), to: descriptor(region, state),
            MemoryWindowBinding(start: first, length: size, access: rights(access(operation.flags))), protectionDomain: Machine.domain)
    }

    private static func key(_ region: RegionID) -> MemoryKey { MemoryKey(index: UInt32(region.index) + 1, generation: 0) }
    private static var domain: ProtectionDomainNumber { ProtectionDomainNumber(rawValue: 1) }

    /// What the adapter's key table holds for a region.
    private func descriptor(_ region: RegionID, _ state: borrowing KernelState) -> RegionDescriptor {
        guard state.life(region) == .live else { return .absent }
        let size = PageSize.base4K.bytes
        return RegionDescriptor(
            start: UInt64(state[.region(region, .firstPage)]) * size, length: UInt64(state[.region(region, .pageCount)]) * size,
            protectionDomain: Machine.domain,
            access: state.kind(region) == .window ? rights(state.access(region)).union(.window) : rights(state.access(region)),
            key: Machine.key(region))
    }

    private func use(_ operation: Operation, _ state: borrowing KernelState) -> RegionUse {
        switch state.kind(operation.region) {
        case .pin, .reference, .fixedBuffer: return .localRead
        case .memoryRegion, .onDemand, .dmaBuffer, .window: break
        }
        let isWrite = operation.kind == .deviceWrite
        return operation.flags.contains(.local) ? (isWrite ? .localWrite : .localRead) : isWrite ? .remoteWrite : .remoteRead
    }

    private func rights(_ access: RegionAccess) -> AccessFlags {
        var rights: AccessFlags = []
        if access.contains(.localWrite) { rights.insert(.localWrite) }
        if access.contains(.remoteWrite) { rights.insert(.remoteWrite) }
        if access.contains(.remoteRead) { rights.insert(.remoteRead) }
        if access.contains(.windowBind) { rights.insert(.memoryWindowBind) }
        return rights
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
