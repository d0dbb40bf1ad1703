// Machine+Advice.swift - madvise: what a process says about its pages, and what follows.
//
// Owns: DONTNEED and REMOVE page by page under the map lock for reading; the flag advices in one step under it for writing; PAGEOUT
// by way of reclaim; the clearing of soft-dirty bits. Does not: collapse (Machine+Collapse).
// Counterpart in Linux: mm/madvise.c, clear_refs_write.

extension Machine {
    /// One step of an madvise.
    func stepAdvice(_ call: Call, _ state: inout KernelState) -> Bool {
        switch call.operation.kind {
        case .adviseDontNeed, .adviseRemove: return stepDiscard(call, &state)
        case .advisePageOut: return stepSwapOut(call, &state)
        case .adviseCollapse: return stepCollapse(call, &state)
        case .clearSoftDirty: return clearSoftDirty(call, &state)
        default: return adviseFlags(call, &state)
        }
    }

    /// Phases of DONTNEED and REMOVE.
    private enum DiscardPhase: Int {
        case begin = 0
        case pages
        /// A hole was passed over: the rest is discarded all the same, and the hole reported at the end.
        case pagesAfterHole
    }

    private func stepDiscard(_ call: Call, _ state: inout KernelState) -> Bool {
        let operation = call.operation
        let end = operation.page.index + operation.pageCount
        if state[.actor(call.actor, .phase)] == DiscardPhase.begin.rawValue {
            guard lockForReading(call, .readByAdvice, &state) else { return false }
            state[.actor(call.actor, .phase)] = DiscardPhase.pages.rawValue
            state[.actor(call.actor, .page)] = operation.page.index
        }
        let page = PageNumber(state[.actor(call.actor, .page)])
        guard state.entry(call.process, page).migratingFrame == nil else { return false }
        if let refusal = discard(operation, page, &state) {
            guard refusal == .noMemory else { return finish(call, &state, refusal) }
            state[.actor(call.actor, .phase)] = DiscardPhase.pagesAfterHole.rawValue
        }
        state[.actor(call.actor, .page)] = page.index + 1
        guard page.index + 1 < end else {
            let metHole = state[.actor(call.actor, .phase)] == DiscardPhase.pagesAfterHole.rawValue
            return finish(call, &state, metHole ? .noMemory : .ok)
        }
        return true
    }

    /// One page of the range. Locked pages stay; only what is shared and may be written can be punched.
    private func discard(_ operation: Operation, _ page: PageNumber, _ state: inout KernelState) -> Outcome? {
        let mapping = state.mapping(operation.process, page)
        let area = state.areaFlags(operation.process, page)
        guard !mapping.isHole else { return .noMemory }
        guard !area.contains(.locked) else { return .invalid }
        guard operation.kind == .adviseRemove else {
            zap(operation.process, page, &state)
            return nil
        }
        // A hugetlb page is a file's, whoever mapped it.
        guard let backing = mapping.backing else { return mapping == .hugetlb ? .accessDenied : .invalid }
        guard mapping.isShared, area.contains(rules.has(.removeByMayWrite) ? .mayWrite : .write) else { return .accessDenied }
        punchHole(backing, &state)
        return nil
    }

    private func adviseFlags(_ call: Call, _ state: inout KernelState) -> Bool {
        guard lockForWriting(call, &state) else { return false }
        let operation = call.operation
        let range = operation.page.index..<(operation.page.index + operation.pageCount)
        if let refusal = advise(operation.kind, operation.process, range, &state) { return finish(call, &state, refusal) }
        return finish(call, &state)
    }

    /// Sets or clears the flag in every mapped page of the range; a hole is passed over and then reported.
    func advise(_ kind: OperationKind, _ process: ProcessID, _ range: Range<Int>, _ state: inout KernelState) -> Outcome? {
        switch kind {
        case .adviseDontFork, .adviseDoFork: guard rules.has(.madviseDontFork) else { return .invalid }
        default: guard rules.has(.wipeOnFork) else { return .invalid }
        }
        if exceedsAreaLimit(kind, process, range, state) { return rules.has(.splitFailureIsNoMemory) ? .noMemory : .tryAgain }
        var (hasHole, changed) = (false, 0)
        split(process, range, &state) { advised(kind, $0) }
        for index in range {
            let page = PageNumber(index)
            guard !state.mapping(process, page).isHole else {
                hasHole = true
                continue
            }
            let flags = state.areaFlags(process, page)
            switch kind {
            case .adviseDontFork: break
            case .adviseDoFork: if refusesDoFork(state.mapping(process, page), state) { return .invalid }
            default: if ![.anonymous, .anonymousHuge].contains(state.mapping(process, page)) { return .invalid }
            }
            if advised(kind, flags) != flags { changed |= 1 << index }
            state.setAreaFlags(process, page, advised(kind, flags))
        }
        merge(process, range, changed: changed, &state)
        return hasHole ? .noMemory : nil
    }

    private func refusesDoFork(_ mapping: Mapping, _ state: borrowing KernelState) -> Bool {
        if mapping == .hugetlb { return rules.has(.doForkLeavesHugetlb) }
        return isDeviceRegisters(mapping, state)
    }

    /// VM_IO|VM_PFNMAP: a device's registers, no page frames behind it.
    func isDeviceRegisters(_ mapping: Mapping, _ state: borrowing KernelState) -> Bool {
        guard let backing = mapping.backing else { return false }
        return state.backingKind(backing) == .deviceRegisters
    }

    /// An area's flags after the advice.
    private func advised(_ kind: OperationKind, _ flags: AreaFlags) -> AreaFlags {
        switch kind {
        case .adviseDontFork: flags.union(.dontCopy)
        case .adviseDoFork: flags.subtracting(.dontCopy)
        default: flags.union(.wipeOnFork)
        }
    }

    /// True if splitting for the range would leave the address space with more areas than it may have.
    private func exceedsAreaLimit(_ kind: OperationKind, _ process: ProcessID, _ range: Range<Int>, _ state: borrowing KernelState) -> Bool {
        let limit = state[.global(.areaLimit)]
        guard limit > 0 else { return false }
        return state.areaCount(process) + boundariesToCut(process, range, state, becoming: { advised(kind, $0) }).count > limit
    }

    /// Clears the soft-dirty bits of the whole process: every entry loses its right to write, so that the next store is noticed.
    private func clearSoftDirty(_ call: Call, _ state: inout KernelState) -> Bool {
        guard rules.has(.softDirty) else { return finish(call, &state, .invalid) }
        guard lockForWriting(call, &state) else { return false }
        for index in 0..<Bounds.pages {
            let page = PageNumber(index)
            let entry = state.entry(call.process, page)
            guard entry.presentFrame != nil, !isHugetlb(call.process, page, state) else { continue }
            guard !isSparedAsPinned(call.process, page, &state) else { continue }
            notify(call.process, page, &state)
            state.setEntry(call.process, page, entry, state.entryFlags(call.process, page).subtracting(.writable).union(.softClean))
        }
        return finish(call, &state)
    }

    /// pte_is_pinned: a device could write what nobody would notice, so that the page stays dirty, and writable. One entry of a huge page does not.
    private func isSparedAsPinned(_ process: ProcessID, _ page: PageNumber, _ state: inout KernelState) -> Bool {
        guard rules.has(.softDirtySparesPinned), !state.mapping(process, page).isShared else { return false }
        let flags = state.entryFlags(process, page)
        guard flags.contains(.writable), !flags.contains(.whole), let frame = state.entry(process, page).presentFrame else { return false }
        return state.pins(frame) > 0
    }

    private func isHugetlb(_ process: ProcessID, _ page: PageNumber, _ state: borrowing KernelState) -> Bool {
        guard let frame = state.entry(process, page).presentFrame else { return false }
        return state.isHugetlb(frame)
    }
}
