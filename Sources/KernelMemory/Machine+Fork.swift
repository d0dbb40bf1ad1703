// Machine+Fork.swift - fork, entry by entry.
//
// Owns: what the child gets of each page, era by era; exit. Counterpart in Linux: dup_mmap, copy_page_range, copy_present_page.
// Locking: the parent's map lock for writing throughout; the page-table lock from an entry's test to the action on it, which stops
// everyone but a fast lookup.

extension Machine {
    /// One step of a fork.
    func stepFork(_ call: Call, _ state: inout KernelState) -> Bool {
        switch ForkPhase(rawValue: state[.actor(call.actor, .phase)])! {
        case .begin: return forkBegin(call, &state)
        case .test: return forkTest(call, &state)
        case .share: return forkShare(call, &state)
        case .copy: return forkCopy(call, &state)
        }
    }

    private func child(_ call: Call) -> ProcessID { ProcessID(call.operation.argument) }

    private func forkBegin(_ call: Call, _ state: inout KernelState) -> Bool {
        if rules.has(.guardForkExcludesFaults) {
            guard lockForWriting(call, &state) else { return false }
        }
        state[.process(call.process, .forking)] = 1
        state[.actor(call.actor, .phase)] = ForkPhase.test.rawValue
        let child = child(call)
        for index in 0..<Bounds.pages { copyArea(call.process, child, PageNumber(index), &state) }
        fixAreaStarts(child, &state)
        if rules.has(.childAreasStandAlone) { renewIdentities(child, &state) }
        state[.process(child, .lockLimit)] = state[.process(call.process, .lockLimit)]
        state[.process(child, .user)] = state[.process(call.process, .user)]
        return forkAdvance(call, &state)
    }

    /// The child's copy of the VMA: none for DONTCOPY; mlock is not inherited.
    private func copyArea(_ parent: ProcessID, _ child: ProcessID, _ page: PageNumber, _ state: inout KernelState) {
        let flags = state.areaFlags(parent, page)
        if state[.page(parent, page, .areaStart)] == AreaStart.always { state[.page(child, page, .areaStart)] = AreaStart.always }
        guard !state.mapping(parent, page).isHole, !flags.contains(.dontCopy) else { return }
        for field in [PageField.mapping, .anonymousArea, .areaStart] {
            state[.page(child, page, field)] = state[.page(parent, page, field)]
        }
        state.setAreaFlags(child, page, flags.subtracting([.locked, .copyOnFork]))
        // There is nothing to find by way of an anon_vma.
        if flags.contains(.wipeOnFork) { state[.page(child, page, .anonymousArea)] = 0 }
    }

    /// Anon_vma identities from here on began with a fork.
    static var inheritedIdentity: Int { 32 }

    /// Each of the child's areas that has an anon_vma gets one of its own.
    private func renewIdentities(_ child: ProcessID, _ state: inout KernelState) {
        var identity = Self.inheritedIdentity
        for index in 0..<Bounds.pages {
            if state[.page(child, PageNumber(index), .areaStart)] != 0 { identity += 1 }
            guard state[.page(child, PageNumber(index), .anonymousArea)] != 0 else { continue }
            state[.page(child, PageNumber(index), .anonymousArea)] = identity
        }
    }

    /// A VMA whose start was not copied starts where the copy does.
    private func fixAreaStarts(_ child: ProcessID, _ state: inout KernelState) {
        for index in 0..<Bounds.pages where state[.page(child, PageNumber(index), .mapping)] != 0 {
            let startsHere = index == 0 || state[.page(child, PageNumber(index - 1), .mapping)] == 0
            if startsHere, state[.page(child, PageNumber(index), .areaStart)] == 0 {
                state[.page(child, PageNumber(index), .areaStart)] = AreaStart.here
            }
        }
    }

    /// Goes to the next page whose entry the child gets a share or a copy of; after the last, the child lives.
    private func forkAdvance(_ call: Call, _ state: inout KernelState) -> Bool {
        var index = state[.actor(call.actor, .page)]
        while index < Bounds.pages, !copiesEntry(call.process, PageNumber(index), state) { index += 1 }
        guard index >= Bounds.pages else {
            state[.actor(call.actor, .page)] = index
            state[.actor(call.actor, .phase)] = ForkPhase.test.rawValue
            return true
        }
        state[.process(child(call), .life)] = 1
        state[.process(call.process, .forking)] = 0
        inheritDescriptors(call.process, child(call), &state)
        return finish(call, &state)
    }

    /// Only anonymous pages of private areas (present or swapped) have entries to copy, and those that cannot come again, a provider's: the
    /// child faults all others in.
    private func copiesEntry(_ process: ProcessID, _ page: PageNumber, _ state: borrowing KernelState) -> Bool {
        let flags = state.areaFlags(process, page)
        if isPeerMemory(process, page, state) { return !flags.contains(.dontCopy) }
        guard !state.mapping(process, page).isShared, !flags.contains(.dontCopy), !flags.contains(.wipeOnFork) else { return false }
        let entry = state.entry(process, page)
        if let frame = entry.mappedFrame {
            // Of an area without an anon_vma there is nothing to copy: the child finds it in the file again, or zeroes.
            if frame == KernelState.zeroFrame { return state[.page(process, page, .anonymousArea)] != 0 }
            return state.isAnonymous(frame)
        }
        return entry.swapSlot != nil || entry.migratingFrame != nil
    }

    private func forkTest(_ call: Call, _ state: inout KernelState) -> Bool {
        let page = PageNumber(state[.actor(call.actor, .page)])
        let entry = state.entry(call.process, page)
        if entry.migratingFrame != nil { return false }
        if isPeerMemory(call.process, page, state) {
            state.setEntry(child(call), page, entry, state.entryFlags(call.process, page))
            state[.actor(call.actor, .page)] = page.index + 1
            return forkAdvance(call, &state)
        }
        var early = state.areaFlags(call.process, page).contains(.copyOnFork)
        if let frame = entry.presentFrame, frame != KernelState.zeroFrame, copiesPinned(frame, call.process, state) { early = true }
        if entry.presentFrame == nil { early = false }
        if early { splitMapping(call.process, page, &state) }
        state[.actor(call.actor, .phase)] = (early ? ForkPhase.copy : .share).rawValue
        return true
    }

    /// 5.9: a page that may be pinned is copied for the child at once; the parent's entry stays as it is.
    private func copiesPinned(_ frame: PageFrameNumber, _ process: ProcessID, _ state: KernelState) -> Bool {
        guard rules.has(.forkCopiesPinned), state[.process(process, .hasPinned)] == 1, state.pins(frame) > 0 else { return false }
        if state.isHugetlb(frame), !rules.has(.forkCopiesPinnedHugetlb) { return false }
        return !rules.has(.exclusiveFlag) || state[.frame(frame, .exclusive)] == 1
    }

    private func forkShare(_ call: Call, _ state: inout KernelState) -> Bool {
        let page = PageNumber(state[.actor(call.actor, .page)])
        let entry = state.entry(call.process, page)
        if copiesEntry(call.process, page, state) {
            var flags = state.entryFlags(call.process, page)
            flags.subtract([.writable, .swapExclusive])
            if let frame = entry.mappedFrame { state[.frame(frame, .exclusive)] = 0 }
            notify(call.process, page, &state)
            state.setEntry(call.process, page, entry, flags)
            state.setEntry(child(call), page, entry, flags)
        }
        state[.actor(call.actor, .page)] = page.index + 1
        return forkAdvance(call, &state)
    }

    private func forkCopy(_ call: Call, _ state: inout KernelState) -> Bool {
        let page = PageNumber(state[.actor(call.actor, .page)])
        guard let frame = state.entry(call.process, page).presentFrame else { return false }
        if state.isHugetlb(frame) { return forkCopyHugetlb(call, page, &state) }
        guard let fresh = state.allocate(.anonymous, content: state[.frame(frame, .content)]) else { return false }
        if rules.has(.exclusiveFlag) { state[.frame(fresh, .exclusive)] = 1 }
        state.setEntry(child(call), page, .present(fresh), state.areaFlags(call.process, page).contains(.write) ? .writable : [])
        state[.actor(call.actor, .page)] = page.index + 1
        return forkAdvance(call, &state)
    }

    /// One entry, and one copy.
    private func forkCopyHugetlb(_ call: Call, _ page: PageNumber, _ state: inout KernelState) -> Bool {
        guard let head = duplicateHugetlb(call.process, page, &state) else { return false }
        let first = page.index & ~1
        for offset in 0..<2 {
            let (place, fresh) = (PageNumber(first + offset), PageFrameNumber(head.index + offset))
            if rules.has(.exclusiveFlag) { state[.frame(fresh, .exclusive)] = 1 }
            let area = state.areaFlags(call.process, place)
            // What may not be accessed at all has entries that nobody gets past.
            let opens = area.contains(.write) || area.contains(.read) && rules.has(.hugetlbCopiesWritable)
            state.setEntry(child(call), place, .present(fresh), opens ? .writable : [])
        }
        state[.actor(call.actor, .page)] = first + 2
        return forkAdvance(call, &state)
    }
}
