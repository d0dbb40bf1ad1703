// Machine+Fault.swift - page faults, in the steps between which other processors can act.
//
// Owns: FaultState, one function a state: test (and what needs no copy), copy, install.
// Counterpart in Linux: handle_pte_fault, do_anonymous_page, do_fault, do_wp_page, do_swap_page.
// Locking: the map lock for reading from `test` to `install`; the page-table lock is held within each step only, so the entry
// is looked at again before the new page goes in.

extension Machine {
    /// Starts a fault at the actor's page; the first step follows at once.
    func beginFault(_ call: Call, _ want: FaultWant, _ state: inout KernelState) -> Bool {
        state[.actor(call.actor, .want)] = want.rawValue
        state[.actor(call.actor, .fault)] = FaultState.test.rawValue
        return stepFault(call, &state)
    }

    /// One step of the actor's fault.
    func stepFault(_ call: Call, _ state: inout KernelState) -> Bool {
        switch FaultState(rawValue: state[.actor(call.actor, .fault)])! {
        case .idle, .failed: return false
        case .test: return faultTest(call, &state)
        case .copy: return faultCopy(call, &state)
        case .install: return faultInstall(call, &state)
        case .homeUnmap, .homeRestore:
            return stepHome(call, FaultState(rawValue: state[.actor(call.actor, .fault)])!, &state)
        }
    }

    func endFault(_ call: Call, _ state: inout KernelState) -> Bool {
        state.dropLook(call.actor)
        for field in [ActorField.fault, .want, .entry, .entryFlags] { state[.actor(call.actor, field)] = 0 }
        if state.lock(call.actor) == .readByFault { state[.actor(call.actor, .lock)] = 0 }
        return true
    }

    private func failFault(_ call: Call, _ outcome: Outcome, _ state: inout KernelState) -> Bool {
        _ = endFault(call, &state)
        state[.actor(call.actor, .fault)] = FaultState.failed.rawValue
        state[.actor(call.actor, .outcome)] = outcome.code
        return true
    }

    private func faultTest(_ call: Call, _ state: inout KernelState) -> Bool {
        guard lockForReading(call, .readByFault, &state) else { return false }
        let page = PageNumber(state[.actor(call.actor, .page)])
        let want = FaultWant(rawValue: state[.actor(call.actor, .want)])!
        let mapping = state.mapping(call.process, page)
        let area = state.areaFlags(call.process, page)
        guard !mapping.isHole else { return failFault(call, .segmentationFault, &state) }
        let forced = isForced(call)
        if want == .write, !area.contains(.write), !(forced && area.contains(.mayWrite) && !mapping.isShared) {
            return failFault(call, .segmentationFault, &state)
        }
        if want == .read, !area.contains(.read), !forced { return failFault(call, .segmentationFault, &state) }
        let entry = state.entry(call.process, page)
        if entry.isNone { return faultNone(call, page, want, mapping, &state) }
        if let slot = entry.swapSlot { return faultSwap(call, page, slot, want, mapping, &state) }
        if entry.migratingFrame != nil || entry.flushedFrame != nil { return false }
        if let frame = entry.devicePrivateFrame { return faultDevicePrivate(call, frame, &state) }
        return faultPresent(call, page, want, mapping, &state)
    }

    /// FOLL_FORCE: only lookups ask for it.
    private func isForced(_ call: Call) -> Bool {
        switch call.operation.kind {
        case .pin, .register, .reregister: return true
        default: return false
        }
    }

    private func faultNone(
        _ call: Call, _ page: PageNumber, _ want: FaultWant, _ mapping: Mapping, _ state: inout KernelState
    ) -> Bool {
        guard let backing = mapping.backing else {
            let isHuge = wantsHuge(call.process, page, state)
            let mapsZeroes = want == .read && (!isHuge || rules.has(.hugeZeroPage) && state.mapping(call.process, page) == .anonymousHuge)
            // A single page of zeroes is no anonymous page: the area stays without an anon_vma.
            if isHuge || !mapsZeroes { giveAnonymousIdentity(call.process, page, &state) }
            if mapsZeroes {
                mapZeroes(call.process, page, isHuge: isHuge, &state)
                return endFault(call, &state)
            }
            return beginCopy(call, from: nil, entry: .none, flags: [], &state)
        }
        let kind = state.backingKind(backing)
        guard kind != .truncated else { return failFault(call, .busError, &state) }
        if kind == .deviceRegisters { return failFault(call, .ok, &state) }
        // A provider's file has no fault handler: what has lost its entry never gets one again.
        if kind == .peerToPeer { return failFault(call, .busError, &state) }
        if isFenced(backing, state) { return false }
        guard let frame = cachedFrame(backing, &state) else { return false }
        if !mapping.isShared, want != .read {
            giveAnonymousIdentity(call.process, page, &state)
            return beginCopy(call, from: frame, entry: .none, flags: [], &state)
        }
        let writable = mapping.isShared && want == .write && state.areaFlags(call.process, page).contains(.write)
        if writable { announceWrite(frame, &state) }
        state.setEntry(call.process, page, .present(frame), writable ? .writable : [])
        return endFault(call, &state)
    }

    /// The zero page, or the huge one in place of both pages of the pair.
    private func mapZeroes(_ process: ProcessID, _ page: PageNumber, isHuge: Bool, _ state: inout KernelState) {
        guard isHuge else { return state.setEntry(process, page, .present(KernelState.zeroFrame), []) }
        for member in [page, PageNumber(page.index ^ 1)] { state.setEntry(process, member, .present(KernelState.zeroFrame), .whole) }
    }

    /// The page-cache frame of a backing page, read in if absent.
    func cachedFrame(_ backing: BackingPage, _ state: inout KernelState) -> PageFrameNumber? {
        let code = state[.backing(backing, .cache)]
        if code != 0 { return PageFrameNumber(code - 1) }
        let zone: Zone = state.backingKind(backing) == .directAccess ? .storage : .normal
        guard let frame = state.allocate(.pageCache, zone: zone, content: state[.backing(backing, .stored)]) else { return nil }
        takeOwnership(of: frame, filledBy: .device, &state)
        state[.backing(backing, .cache)] = frame.index + 1
        return frame
    }

    private func faultSwap(
        _ call: Call, _ page: PageNumber, _ slot: SwapSlot, _ want: FaultWant, _ mapping: Mapping, _ state: inout KernelState
    ) -> Bool {
        let code = state[.swap(slot, .cache)]
        var frame = code == 0 ? nil : PageFrameNumber(code - 1)
        if frame == nil {
            frame = state.allocate(.anonymous, content: state[.swap(slot, .content)])
            guard let frame else { return false }
            state[.swap(slot, .cache)] = frame.index + 1
        }
        guard let frame else { return false }
        let wasExclusive = state.entryFlags(call.process, page).contains(.swapExclusive)
        if rules.has(.exclusiveFlag), wasExclusive { state[.frame(frame, .exclusive)] = 1 }
        state.setEntry(call.process, page, .present(frame), [])
        if want == .write, mayReuseSwapped(frame, &state) {
            let opens = state.areaFlags(call.process, page).contains(.write)
            state.setEntry(call.process, page, .present(frame), opens ? .writable : [])
            return endFault(call, &state)
        }
        dropSwapCache(frame, &state)
        // The page stays in the swap cache of kernels that do not let go of it here while it is referenced. A fault for write goes on
        // under the same page-table lock.
        return want == .write ? faultPresent(call, page, want, mapping, &state) : endFault(call, &state)
    }

    private func faultPresent(
        _ call: Call, _ page: PageNumber, _ want: FaultWant, _ mapping: Mapping, _ state: inout KernelState
    ) -> Bool {
        guard let frame = state.entry(call.process, page).presentFrame else { return false }
        let flags = state.entryFlags(call.process, page).subtracting(.hint)
        let area = state.areaFlags(call.process, page)
        if want == .read || (want == .write && flags.contains(.writable)) {
            state.setEntry(call.process, page, .present(frame), flags)
            return endFault(call, &state)
        }
        if mapping.isShared {
            announceWrite(frame, &state)
            state.setEntry(call.process, page, .present(frame), area.contains(.write) ? flags.union(.writable).subtracting(.softClean) : flags)
            return endFault(call, &state)
        }
        if waitsForPageLock(frame, state) { return false }
        if frame == KernelState.zeroFrame, flags.contains(.whole), rules.has(.hugeZeroReplacedWhole) {
            return replaceHugeZero(call, page, &state)
        }
        giveAnonymousIdentity(call.process, page, &state)
        if mayReuse(frame, isWhole: flags.contains(.whole), &state) {
            reuse(call.process, page, opens: want == .write && area.contains(.write), &state)
            return endFault(call, &state)
        }
        // Kernels up to 5.7 copy a huge page whole if they can; the split is what all can do.
        splitMapping(call.process, page, &state)
        return beginCopy(call, from: frame, entry: .present(frame), flags: flags.subtracting([.whole, .softClean]), &state)
    }

    /// The page is the process's own again. A huge page that one entry maps is so as a whole.
    private func reuse(_ process: ProcessID, _ page: PageNumber, opens: Bool, _ state: inout KernelState) {
        guard let frame = state.entry(process, page).presentFrame else { return }
        let isOneEntry = state.entryFlags(process, page).contains(.whole) || state.isHugetlb(frame)
        let first = isOneEntry ? page.index & ~1 : page.index
        for index in first...(isOneEntry ? first + 1 : first) {
            let member = PageNumber(index)
            guard let frame = state.entry(process, member).presentFrame else { continue }
            if rules.has(.exclusiveFlag) { state[.frame(frame, .exclusive)] = 1 }
            let flags = state.entryFlags(process, member).subtracting(.hint)
            state.setEntry(process, member, .present(frame), opens ? flags.union(.writable).subtracting(.softClean) : flags)
        }
    }

    /// The one entry of the huge page of zeroes goes, and the fault goes on as that of an untouched huge page.
    private func replaceHugeZero(_ call: Call, _ page: PageNumber, _ state: inout KernelState) -> Bool {
        for member in [page, PageNumber(page.index ^ 1)] {
            notify(call.process, member, &state)
            state.setEntry(call.process, member, .none, [])
        }
        return beginCopy(call, from: nil, entry: .none, flags: [], &state)
    }

    /// Remembers what the entry said and takes a reference on the source, so that it survives until it is copied.
    private func beginCopy(
        _ call: Call, from source: PageFrameNumber?, entry: PageTableEntry, flags: EntryFlags, _ state: inout KernelState
    ) -> Bool {
        state[.actor(call.actor, .entry)] = entry.code
        state[.actor(call.actor, .entryFlags)] = flags.rawValue
        state[.actor(call.actor, .fault)] = FaultState.copy.rawValue
        if let source, source != KernelState.zeroFrame {
            state[.actor(call.actor, .frame)] = source.index + 1
            state[.actor(call.actor, .hold)] = (rules.has(.guardFaultHoldsSource) ? Hold.reference : .none).rawValue
        }
        return true
    }

    private func faultCopy(_ call: Call, _ state: inout KernelState) -> Bool {
        let page = PageNumber(state[.actor(call.actor, .page)])
        let source = state.frame(of: call.actor)
        if state.hold(call.actor) == .stale { state[.global(.useAfterFree)] = 1 }
        if source == nil, wantsHuge(call.process, page, state) { return faultHuge(call, page, &state) }
        if let source, state.isHugetlb(source) { return copyHugetlb(call, page, &state) }
        let content = source.map { state[.frame($0, .content)] } ?? 0
        guard let fresh = state.allocate(.anonymous, content: content) else { return false }
        takeOwnership(of: fresh, filledBy: .kernel, &state)
        state[.actor(call.actor, .newFrame)] = fresh.index + 1
        state[.actor(call.actor, .fault)] = FaultState.install.rawValue
        return true
    }

    /// A hugetlb page has one entry, and is copied whole.
    private func copyHugetlb(_ call: Call, _ page: PageNumber, _ state: inout KernelState) -> Bool {
        guard let head = duplicateHugetlb(call.process, page, &state) else { return false }
        state[.actor(call.actor, .newFrame)] = head.index + (page.index & 1) + 1
        state[.actor(call.actor, .fault)] = FaultState.install.rawValue
        return true
    }

    /// A new hugetlb page with the contents of the one that the process has here.
    func duplicateHugetlb(_ process: ProcessID, _ page: PageNumber, _ state: inout KernelState) -> PageFrameNumber? {
        guard let head = state.allocateHuge(hugetlb: true) else { return nil }
        for offset in 0..<2 {
            guard let old = state.entry(process, PageNumber((page.index & ~1) + offset)).presentFrame else { continue }
            state[.frame(PageFrameNumber(head.index + offset), .content)] = state[.frame(old, .content)]
        }
        return head
    }

    private func faultInstall(_ call: Call, _ state: inout KernelState) -> Bool {
        let page = PageNumber(state[.actor(call.actor, .page)])
        guard let fresh = state.newFrame(of: call.actor) else { return false }
        guard !isTableLocked(call.process, state) else { return false }
        let expected = state[.actor(call.actor, .entry)]
        let entry = state.entry(call.process, page)
        let flags = state.entryFlags(call.process, page).rawValue & 1
        let expectedFlags = state[.actor(call.actor, .entryFlags)] & 1
        let unchanged = entry.code == expected && flags == expectedFlags
        state[.actor(call.actor, .newFrame)] = 0
        guard unchanged || !rules.has(.guardFaultRechecksEntry) else {
            state.freeIfUnused(fresh)
            return endFault(call, &state)
        }
        endKernelUse(of: fresh, &state)
        let want = FaultWant(rawValue: state[.actor(call.actor, .want)])!
        var replaced: [PageFrameNumber] = []
        for index in state.folio(fresh) {
            let place = PageNumber(page.index + index - fresh.index)
            if let old = state.entry(call.process, place).presentFrame { replaced.append(old) }
            notify(call.process, place, &state)
            let writable = want == .write && state.areaFlags(call.process, place).contains(.write)
            state.setEntry(call.process, place, .present(PageFrameNumber(index)), writable ? .writable : [])
            if rules.has(.exclusiveFlag) { state[.frame(PageFrameNumber(index), .exclusive)] = 1 }
        }
        _ = endFault(call, &state)
        for old in replaced { state.freeIfUnused(old) }
        return true
    }

    /// A fault on an area that wants huge pages: both pages of the pair at once, if both are untouched.
    private func faultHuge(_ call: Call, _ page: PageNumber, _ state: inout KernelState) -> Bool {
        let first = PageNumber(page.index & ~1)
        let second = PageNumber(first.index + 1)
        let hugetlb = state.mapping(call.process, page) == .hugetlb
        guard let head = state.allocateHuge(hugetlb: hugetlb) else { return false }
        let tail = PageFrameNumber(head.index + 1)
        for (member, place) in [(head, first), (tail, second)] {
            var flags: EntryFlags = hugetlb ? [] : .whole
            if state.areaFlags(call.process, place).contains(.write) { flags.insert(.writable) }
            state.setEntry(call.process, place, .present(member), flags)
            if rules.has(.exclusiveFlag) { state[.frame(member, .exclusive)] = 1 }
        }
        return endFault(call, &state)
    }

    /// True if an untouched page here would be filled with a huge page.
    func wantsHuge(_ process: ProcessID, _ page: PageNumber, _ state: KernelState) -> Bool {
        let mapping = state.mapping(process, page)
        guard mapping.isHuge else { return false }
        let pair = PageNumber(page.index ^ 1)
        guard state.entry(process, pair).isNone, state.mapping(process, pair) == mapping else { return false }
        // In one area.
        return state[.page(process, PageNumber(page.index | 1), .areaStart)] == 0
    }

    /// Gives the page's VMA an anon_vma identity, as the first fault that needs one does.
    func giveAnonymousIdentity(_ process: ProcessID, _ page: PageNumber, _ state: inout KernelState) {
        guard state[.page(process, page, .anonymousArea)] == 0 else { return }
        let span = areaSpan(process, page, state)
        // A neighbour's identity is taken over where the areas could merge (find_mergeable_anon_vma).
        var identity = 0
        for index in 0..<Bounds.pages {
            let other = state[.page(process, PageNumber(index), .anonymousArea)]
            if other < Self.inheritedIdentity { identity = max(identity, other) }
        }
        identity = mergeableNeighbourIdentity(process, span, state) ?? identity + 1
        for index in span { state[.page(process, PageNumber(index), .anonymousArea)] = identity }
    }
}
