// Machine+Pin.swift - looking up and holding user pages: the fast path without locks, and the slow one.
//
// Owns: PinPhase from `.lookup` to `.evict`. Fast: read the entry, take a reference, read the entry again. Slow: under the map lock, fault
// until the entry serves, then take the reference under the page-table lock (one step).
// Counterpart in Linux: gup_fast_pte_range, follow_page_pte, check_vma_flags, gup_must_unshare, __gup_longterm_locked.

extension Machine {
    func setPhase(_ call: Call, _ phase: PinPhase, _ state: inout KernelState) {
        state[.actor(call.actor, .phase)] = phase.rawValue
    }

    /// Gives up with `outcome`: the pages held so far are let go of, one a step.
    func failPin(_ call: Call, _ outcome: Outcome, _ state: inout KernelState) -> Bool {
        state.dropLook(call.actor)
        state[.actor(call.actor, .fault)] = 0
        state[.actor(call.actor, .lock)] = 0
        state[.actor(call.actor, .outcome)] = outcome.code
        setPhase(call, .undoPins, &state)
        return true
    }

    /// Looks at the next page that is not held yet; after the last goes to the eviction of what must not stay where it is.
    func nextPage(_ call: Call, _ state: inout KernelState) -> Bool {
        let first = call.operation.page.index
        var index = first
        while index < first + call.operation.pageCount, state.slotFrame(call.operation.region, index - first) != nil { index += 1 }
        state[.actor(call.actor, .page)] = index
        state[.actor(call.actor, .entry)] = 0
        state[.actor(call.actor, .entryFlags)] = 0
        state[.actor(call.actor, .want)] = 0
        if state.lock(call.actor) == .readByPin { state[.actor(call.actor, .lock)] = 0 }
        setPhase(call, index < first + call.operation.pageCount ? .lookup : .evict, &state)
        return true
    }

    /// One step of looking up; the caller handles the other phases.
    func stepLookup(_ call: Call, _ phase: PinPhase, _ state: inout KernelState) -> Bool {
        let page = PageNumber(state[.actor(call.actor, .page)])
        let plan = plan(call, page, state)
        switch phase {
        case .lookup: return lookup(call, page, plan, &state)
        case .takeReference: return takeReference(call, plan, &state)
        case .readAgain: return readAgain(call, page, plan, &state)
        case .slow, .slowBroken: return slowLookup(call, page, plan, broken: phase == .slowBroken, &state)
        case .evict: return evict(call, &state)
        case .evictUnmap, .evictRestore: return stepEvict(call, phase, &state)
        default: return false
        }
    }

    // MARK: Fast path

    private func lookup(_ call: Call, _ page: PageNumber, _ plan: PinPlan, _ state: inout KernelState) -> Bool {
        if plan.pin { state[.process(call.process, .hasPinned)] = 1 }
        guard plan.fast else {
            setPhase(call, .slow, &state)
            return slowLookup(call, page, plan, broken: false, &state)
        }
        let flags = state.entryFlags(call.process, page)
        let forkStops = rules.has(.fastLookupChecksFork) && plan.pin && state[.process(call.process, .forking)] == 1
        guard let frame = state.entry(call.process, page).presentFrame, frame != KernelState.zeroFrame, !flags.contains(.hint),
            !plan.write || flags.contains(.writable), !forkStops, state.zone(frame) != .peerToPeer,
            plan.write || state.areaFlags(call.process, page).contains(.read)
        else {
            setPhase(call, .slow, &state)
            return slowLookup(call, page, plan, broken: false, &state)
        }
        state[.actor(call.actor, .frame)] = frame.index + 1
        state[.actor(call.actor, .entry)] = state.entry(call.process, page).code
        state[.actor(call.actor, .entryFlags)] = flags.rawValue
        setPhase(call, .takeReference, &state)
        return true
    }

    /// try_get_folio: refused only while the frame is free.
    private func takeReference(_ call: Call, _ plan: PinPlan, _ state: inout KernelState) -> Bool {
        guard let frame = state.frame(of: call.actor), state.use(frame) != .free else {
            state.dropLook(call.actor)
            setPhase(call, .slow, &state)
            return true
        }
        state[.actor(call.actor, .hold)] = heldAs(plan).rawValue
        setPhase(call, .readAgain, &state)
        return true
    }

    private func heldAs(_ plan: PinPlan) -> Hold {
        guard rules.has(.guardLookupTakesReference) else { return .none }
        return plan.pin ? .pin : .reference
    }

    private func readAgain(_ call: Call, _ page: PageNumber, _ plan: PinPlan, _ state: inout KernelState) -> Bool {
        guard let frame = state.frame(of: call.actor) else { return false }
        let entry = state.entry(call.process, page)
        let flags = state.entryFlags(call.process, page)
        let same = entry.code == state[.actor(call.actor, .entry)]
            && flags.contains(.writable) == EntryFlags(rawValue: state[.actor(call.actor, .entryFlags)]).contains(.writable)
        let forked = rules.has(.fastLookupChecksFork) && plan.pin && state[.process(call.process, .forking)] == 1
        let accepted = (same || !rules.has(.guardFastLookupReReads)) && !forked
            && fastAccepts(frame, flags, plan, call.process, page, state)
        guard accepted else {
            state.dropLook(call.actor)
            setPhase(call, .slow, &state)
            return true
        }
        hold(call, frame, plan, &state)
        return nextPage(call, &state)
    }

    private func fastAccepts(
        _ frame: PageFrameNumber, _ flags: EntryFlags, _ plan: PinPlan, _ process: ProcessID, _ page: PageNumber,
        _ state: borrowing KernelState
    ) -> Bool {
        if needsUnshare(frame, flags, plan, process, page, state) { return false }
        guard plan.longterm, !state.isAnonymous(frame), let backing = state.mapping(process, page).backing else { return true }
        let kind = state.backingKind(backing)
        return kind == .sharedMemory || kind == .hugePages || !rules.has(.longtermRefusesDirtyTracking) && kind != .directAccess
    }

    // MARK: Slow path

    private func slowLookup(_ call: Call, _ page: PageNumber, _ plan: PinPlan, broken: Bool, _ state: inout KernelState) -> Bool {
        switch FaultState(rawValue: state[.actor(call.actor, .fault)])! {
        case .failed: return failPin(call, .badAddress, &state)
        case .test, .copy, .install, .homeUnmap, .homeRestore:
            guard stepFault(call, &state) else { return false }
            if state[.actor(call.actor, .fault)] == 0 { setPhase(call, .slowBroken, &state) }
            return true
        case .idle: break
        }
        guard lockForReading(call, .readByPin, &state) else { return false }
        if let refusal = refusal(call.process, page, plan, state) { return failPin(call, refusal, &state) }
        let flags = state.entryFlags(call.process, page)
        if let frame = state.entry(call.process, page).presentFrame, !flags.contains(.hint) {
            if let refusal = peerToPeerRefusal(frame, plan, state) { return failPin(call, refusal, &state) }
            if serves(frame, flags, plan, broken, call.process, page, state) {
                state[.actor(call.actor, .frame)] = frame.index + 1
                hold(call, frame, plan, &state)
                return nextPage(call, &state)
            }
            if plan.write { return beginPinFault(call, .write, &state) }
            return beginPinFault(call, .unshare, &state)
        }
        return beginPinFault(call, plan.write ? .write : .read, &state)
    }

    private func beginPinFault(_ call: Call, _ want: FaultWant, _ state: inout KernelState) -> Bool {
        guard beginFault(call, want, &state) else { return false }
        if state[.actor(call.actor, .fault)] == 0 { setPhase(call, .slowBroken, &state) }
        return true
    }

    /// check_vma_flags, in its order.
    private func refusal(_ process: ProcessID, _ page: PageNumber, _ plan: PinPlan, _ state: KernelState) -> Outcome? {
        let mapping = state.mapping(process, page)
        let area = state.areaFlags(process, page)
        if mapping.isHole || isDeviceRegisters(mapping, state) { return .badAddress }
        let kind = mapping.backing.map { state.backingKind($0) }
        if plan.longterm, kind == .directAccess, rules.has(.longtermRefusesDirectAccess) { return .notSupported }
        if kind == .peerToPeer, !rules.has(.peerToPeerGate) { return .badAddress }
        if plan.longterm, plan.peerToPeer, !rules.has(.longtermPeerToPeer) { return .invalid }
        guard plan.write else { return area.contains(.read) || plan.force ? nil : .badAddress }
        if plan.longterm, rules.has(.longtermRefusesDirtyTracking), needsDirtyTracking(mapping, area, state) { return .badAddress }
        if area.contains(.write) || !rules.has(.guardWriteNeedsRight) { return nil }
        if mapping == .hugetlb || kind == .hugePages, rules.has(.forceLeavesHugetlb) { return .badAddress }
        return plan.force && !mapping.isShared && area.contains(.mayWrite) ? nil : .badAddress
    }

    /// vma_needs_dirty_tracking: shared, writable, and someone wants to hear of the first write.
    private func needsDirtyTracking(_ mapping: Mapping, _ area: AreaFlags, _ state: borrowing KernelState) -> Bool {
        guard mapping.isShared, area.contains(.write), let backing = mapping.backing else { return false }
        switch state.backingKind(backing) {
        case .trackedFile, .directAccess: return true
        // kernfs gives every mapping a page_mkwrite operator, needed or not.
        case .peerToPeer: return !rules.has(.kernfsWithoutMakeWritable)
        default: return false
        }
    }

    private func peerToPeerRefusal(_ frame: PageFrameNumber, _ plan: PinPlan, _ state: borrowing KernelState) -> Outcome? {
        guard state.zone(frame) == .peerToPeer, rules.has(.peerToPeerGate), !plan.peerToPeer else { return nil }
        return .remoteIO
    }

    private func serves(
        _ frame: PageFrameNumber, _ flags: EntryFlags, _ plan: PinPlan, _ broken: Bool, _ process: ProcessID, _ page: PageNumber,
        _ state: KernelState
    ) -> Bool {
        guard plan.write else { return !needsUnshare(frame, flags, plan, process, page, state) }
        if flags.contains(.writable) || !rules.has(.guardWriteNeedsRight) { return true }
        guard plan.force, broken, !state.mapping(process, page).isShared, state.isAnonymous(frame) else { return false }
        return !rules.has(.forceNeedsExclusive) || state[.frame(frame, .exclusive)] == 1
    }

    /// gup_must_unshare: a read pin that a later write of the owner would leave behind.
    private func needsUnshare(
        _ frame: PageFrameNumber, _ flags: EntryFlags, _ plan: PinPlan, _ process: ProcessID, _ page: PageNumber,
        _ state: KernelState
    ) -> Bool {
        guard !plan.write, plan.pin, !plan.gift, !flags.contains(.writable) else { return false }
        if state.isAnonymous(frame) { return rules.has(.readPinsUnshare) && state[.frame(frame, .exclusive)] == 0 }
        let copyOnWrite = !state.mapping(process, page).isShared && state.areaFlags(process, page).contains(.mayWrite)
        return rules.has(.readPinsUnshareFiles) && plan.longterm && copyOnWrite
    }

    // MARK: Holding

    /// Turns the look at the frame into the holder's hold.
    private func hold(_ call: Call, _ frame: PageFrameNumber, _ plan: PinPlan, _ state: inout KernelState) {
        let slot = state[.actor(call.actor, .page)] - call.operation.page.index
        var flags: SlotFlags = plan.pin ? .pinned : .referenced
        if frame == KernelState.zeroFrame, rules.has(.zeroPageNotPinned) { flags = [] }
        if !rules.has(.guardLookupTakesReference) { flags = [] }
        if rules.has(.userSpaceCounts), state.unexpectedReferences(frame) > lookHolds(call, state) { flags = [] }
        if state.hold(call.actor) == .stale { flags.insert(.stale) }
        state.setSlot(call.operation.region, slot, frame, flags)
        state[.actor(call.actor, .frame)] = 0
        state[.actor(call.actor, .hold)] = 0
        if rules.has(.copyOnForkByLookup) { markCopyOnFork(call, &state) }
    }

    private func lookHolds(_ call: Call, _ state: borrowing KernelState) -> Int {
        let hold = state.hold(call.actor)
        return hold == .pin || hold == .reference ? 1 : 0
    }

    /// VM_COPYONFORK: get_user_pages marks the VMA it looked in.
    private func markCopyOnFork(_ call: Call, _ state: inout KernelState) {
        let page = PageNumber(state[.actor(call.actor, .page)])
        guard !state.mapping(call.process, page).isShared else { return }
        for index in areaSpan(call.process, page, state) {
            state[.page(call.process, PageNumber(index), .areaFlags)] |= AreaFlags.copyOnFork.rawValue
        }
    }

    /// Moves frames that a longterm pin must not hold in place (CMA, movable zone, coherent device memory) to ordinary memory.
    private func evict(_ call: Call, _ state: inout KernelState) -> Bool {
        let region = call.operation.region
        for slot in 0..<call.operation.pageCount {
            let plan = plan(call, PageNumber(call.operation.page.index + slot), state)
            guard plan.longterm, let frame = state.slotFrame(region, slot), mustLeave(frame, state) else { continue }
            state.setSlot(region, slot, nil, [])
            guard state.unexpectedReferences(frame) == 0, splitFolio(frame, &state) else { return failPin(call, .noMemory, &state) }
            holdForMigration(call.actor, frame, &state)
            setPhase(call, .evictUnmap, &state)
            return true
        }
        setPhase(call, call.operation.flags.contains(.fixedBuffer) ? .chargeUser : .publish, &state)
        return true
    }

    private func mustLeave(_ frame: PageFrameNumber, _ state: borrowing KernelState) -> Bool {
        switch state.zone(frame) {
        case .contiguous: return rules.has(.longtermLeavesContiguous)
        case .movable, .coherentNode: return rules.has(.longtermLeavesMovable)
        case .deviceCoherent: return rules.has(.deviceCoherentMemory)
        default: return false
        }
    }
}
