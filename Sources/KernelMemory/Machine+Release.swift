// Machine+Release.swift - letting go of held pages: deregistration, unpin, exit, descriptors.
//
// Owns: the order: the device stops, in-flight accesses end, pages are let go of one by one, the charge is undone.
// Counterpart in Linux: ib_umem_release, uverbs_destroy_ufile_hw, exit_mmap before exit_files.

extension Machine {
    /// One step of `deregister` or `unpin`.
    func stepDeregister(_ call: Call, _ state: inout KernelState) -> Bool {
        let region = call.operation.region
        if state[.actor(call.actor, .phase)] == 0 {
            guard state.life(region) == .live || state.life(region) == .revoked else { return finish(call, &state, .invalid) }
            if isBeingReplaced(region, state) { return finish(call, &state, .busy) }
            if rules.has(.guardWindowsKeepRegion), hasWindows(region, state) { return finish(call, &state, .busy) }
            state[.actor(call.actor, .phase)] = 1
        }
        guard stepRelease(region, by: call, &state) else { return false }
        guard state.life(region) == .none else { return true }
        if call.operation.flags.contains(.forkProtected) { _ = protectFromFork(call.operation, adding: false, &state) }
        return finish(call, &state)
    }

    /// One step of releasing `region`; its life and slots are the state machine. False if a device must be waited for.
    func stepRelease(_ region: RegionID, by call: Call, _ state: inout KernelState) -> Bool {
        let life = state.life(region)
        if life != .invalidated, rules.has(.guardInvalidateBeforeUnpin) {
            state[.region(region, .life)] = RegionLife.invalidated.rawValue
            return true
        }
        if rules.has(.guardInvalidateBeforeUnpin), rules.has(.guardDeregisterWaitsForDevice), isInFlight(region, state) { return false }
        for slot in 0..<state[.region(region, .pageCount)] {
            guard let frame = state.slotFrame(region, slot), isHeldOrNamed(region, slot, state) else { continue }
            releaseSlot(region, slot, frame, &state)
            return true
        }
        uncharge(region, by: call, &state)
        for slot in 0..<Bounds.pages { state.setSlot(region, slot, nil, []) }
        for field in RegionField.allCases { state[.region(region, field)] = 0 }
        return true
    }

    /// With the guard gone a slot keeps naming its frame until the key dies at the very end.
    private func isHeldOrNamed(_ region: RegionID, _ slot: Int, _ state: KernelState) -> Bool {
        rules.has(.guardInvalidateBeforeUnpin) || !state.slotFlags(region, slot).isDisjoint(with: [.pinned, .referenced])
    }

    private func releaseSlot(_ region: RegionID, _ slot: Int, _ frame: PageFrameNumber, _ state: inout KernelState) {
        if state.access(region).contains(.pinnedForWrite) { markDirty(frame, &state) }
        if rules.has(.guardInvalidateBeforeUnpin) {
            state.setSlot(region, slot, nil, [])
        } else {
            state.setSlot(region, slot, frame, [])
        }
        if rules.has(.userSpaceCounts) { clearRegisteredBit(frame, &state) }
        state.freeIfUnused(frame)
    }

    /// The kernel that only knows registered or not: the first deregistration clears the bit, whoever else registered the page.
    private func clearRegisteredBit(_ frame: PageFrameNumber, _ state: inout KernelState) {
        for other in 0..<Bounds.regions {
            for slot in 0..<Bounds.pages where state.slotFrame(RegionID(other), slot) == frame {
                state.setSlot(RegionID(other), slot, frame, state.slotFlags(RegionID(other), slot).subtracting([.pinned, .referenced]))
            }
        }
    }

    /// Undoes the charge on the address space that was charged; up to 5.0 on that of whoever happens to release.
    private func uncharge(_ region: RegionID, by call: Call, _ state: inout KernelState) {
        let pages = state[.region(region, .chargedPages)]
        guard pages > 0 else { return }
        let owner = state.owner(region)
        if state.kind(region) == .fixedBuffer { return unchargeUser(pages, owner, &state) }
        uncharge(pages, rules.has(.chargeOwner) ? owner : processes[call.actor.index], &state)
    }

    /// True while a device is between looking a key up and touching the frame. Memory that a region had before was reached by its key.
    func isInFlight(_ region: RegionID, _ state: borrowing KernelState) -> Bool {
        let region = original(of: region) ?? region
        for index in 0..<actorCount {
            guard let operation = operation(of: ActorID(index), in: state),
                operation.kind == .deviceRead || operation.kind == .deviceWrite
            else { continue }
            let isThrough = operation.region == region ? true : isWindow(operation.region, of: region, state)
            if isThrough, state[.actor(ActorID(index), .phase)] == 1 { return true }
        }
        return false
    }

    // MARK: Exit

    /// Page tables go first, then files; the last holder of a descriptor releases what it kept.
    func stepExit(_ call: Call, _ state: inout KernelState) -> Bool {
        let process = call.process
        if state[.actor(call.actor, .phase)] == 0 {
            guard !isLocked(process, except: call.actor, state) else { return false }
            state[.actor(call.actor, .phase)] = 1
        }
        for index in 0..<Bounds.pages where !state.mapping(process, PageNumber(index)).isHole {
            let page = PageNumber(index)
            if state.entry(process, page).migratingFrame != nil { return false }
            let hadEntry = !state.entry(process, page).isNone
            zap(process, page, &state)
            for field in [PageField.mapping, .areaFlags, .anonymousArea, .areaStart] { state[.page(process, page, field)] = 0 }
            if hadEntry { return true }
        }
        if state[.process(process, .life)] == 1 {
            state[.process(process, .life)] = 2
            state[.process(process, .hasPinned)] = 0
        }
        for index in (0..<Bounds.regions).reversed() where state[.region(RegionID(index), .descriptorHolders)] & 1 << process.index != 0 {
            return closeDescriptor(RegionID(index), call, &state)
        }
        for index in 0..<Bounds.regions where state.life(RegionID(index)) == .invalidated && isOrphan(RegionID(index), state) {
            return stepRelease(RegionID(index), by: call, &state)
        }
        return finish(call, &state)
    }

    private func isOrphan(_ region: RegionID, _ state: KernelState) -> Bool {
        state[.region(region, .descriptorHolders)] == 0 && state[.region(region, .pageCount)] > 0
    }

    private func closeDescriptor(_ region: RegionID, _ call: Call, _ state: inout KernelState) -> Bool {
        state[.region(region, .descriptorHolders)] &= ~(1 << call.process.index)
        if state[.region(region, .descriptorHolders)] == 0 { state[.region(region, .life)] = RegionLife.invalidated.rawValue }
        return true
    }

    /// A child shares its parent's open descriptors.
    func inheritDescriptors(_ parent: ProcessID, _ child: ProcessID, _ state: inout KernelState) {
        for index in 0..<Bounds.regions where state[.region(RegionID(index), .descriptorHolders)] & 1 << parent.index != 0 {
            state[.region(RegionID(index), .descriptorHolders)] |= 1 << child.index
        }
    }

    /// Passing a descriptor to another process, and closing one.
    func stepDescriptor(_ call: Call, _ state: inout KernelState) -> Bool {
        let region = call.operation.region
        switch call.operation.kind {
        case .passDescriptor:
            guard state.life(region) == .live else { return finish(call, &state, .invalid) }
            state[.region(region, .descriptorHolders)] |= 1 << call.operation.argument
        case .closeDescriptor:
            if state[.actor(call.actor, .phase)] == 0 {
                guard state[.region(region, .descriptorHolders)] & 1 << call.process.index != 0 else {
                    return finish(call, &state, .invalid)
                }
                _ = closeDescriptor(region, call, &state)
                state[.actor(call.actor, .phase)] = 1
                return true
            }
            if state.life(region) == .invalidated, isOrphan(region, state) { return stepRelease(region, by: call, &state) }
        default: break
        }
        return finish(call, &state)
    }

}
