// Machine+Register.swift - memory registration and bare pins.
//
// Owns: the order of checks, charge, pins and publication; undoing them on failure. Does not: look up pages (Machine+Pin),
// change what is registered (Machine+Reregister).
// Counterpart in Linux: uverbs REG_MR, ib_umem_get; io_uring's buffer registration; gup_test.

extension Machine {
    /// One step of `register`.
    func stepRegister(_ call: Call, _ state: inout KernelState) -> Bool {
        let phase = PinPhase(rawValue: state[.actor(call.actor, .phase)])!
        switch phase {
        case .begin: return beginRegistration(call, &state)
        case .charge: return charge(call, &state)
        case .checkLimit: return checkLimit(call, &state)
        case .lookup, .takeReference, .readAgain, .slow, .slowBroken, .evict, .evictUnmap, .evictRestore:
            return stepLookup(call, phase, &state)
        case .chargeUser: return chargeUser(call, &state)
        case .publish: return publish(call, &state)
        case .undoPins: return undoPins(call, &state)
        case .undoCharge: return undoCharge(call, &state)
        case .releaseReplaced: return false
        }
    }

    /// One step of `pin`: as registration, without access rights and charge.
    func stepBarePin(_ call: Call, _ state: inout KernelState) -> Bool {
        guard state[.actor(call.actor, .phase)] == PinPhase.begin.rawValue else { return stepRegister(call, &state) }
        let kind: HolderKind = call.operation.flags.contains(.fixedBuffer) ? .fixedBuffer
            : call.operation.flags.contains(.plain) ? .reference : .pin
        guard open(call, kind, &state) else { return finish(call, &state, .busy) }
        return nextPage(call, &state)
    }

    /// Makes the holder known; false if its number is taken.
    func open(_ call: Call, _ kind: HolderKind, _ state: inout KernelState) -> Bool {
        let region = call.operation.region
        guard state.life(region) == .none else { return false }
        state[.region(region, .life)] = RegionLife.registering.rawValue
        state[.region(region, .kind)] = kind.rawValue
        state[.region(region, .owner)] = call.process.index
        state[.region(region, .firstPage)] = call.operation.page.index
        state[.region(region, .pageCount)] = call.operation.pageCount
        state[.region(region, .descriptorHolders)] = 1 << call.process.index
        state[.region(region, .access)] = access(call.operation.flags).rawValue
        return true
    }

    func access(_ flags: OperationFlags) -> RegionAccess {
        var access: RegionAccess = []
        if flags.contains(.localWrite) { access.insert(.localWrite) }
        if flags.contains(.remoteWrite) { access.insert(.remoteWrite) }
        if flags.contains(.remoteRead) { access.insert(.remoteRead) }
        if flags.contains(.gift) { access.insert(.gift) }
        if flags.contains(.secondRing) { access.insert(.secondRing) }
        if flags.contains(.windowBind) { access.insert(.windowBind) }
        if isWritable(flags) || flags.contains(.write) { access.insert(.pinnedForWrite) }
        return access
    }

    private func beginRegistration(_ call: Call, _ state: inout KernelState) -> Bool {
        let operation = call.operation
        if let refusal = registrationRefusal(operation) { return finish(call, &state, refusal) }
        if operation.flags.contains(.gift), !rules.has(.giftFlag) { return finish(call, &state, .invalid) }
        if operation.flags.contains(.forkProtected), let refusal = protectFromFork(operation, adding: true, &state) {
            return finish(call, &state, refusal)
        }
        if operation.flags.contains(.onDemand) { return registerOnDemand(call, &state) }
        if operation.flags.contains(.dmaBuffer) { return registerBuffer(call, &state) }
        if forbidsLocking(call.process, state) { return refuse(call, .notPermitted, &state) }
        guard open(call, .memoryRegion, &state) else { return finish(call, &state, .busy) }
        setPhase(call, .charge, &state)
        return charge(call, &state)
    }

    private func refuse(_ call: Call, _ outcome: Outcome, _ state: inout KernelState) -> Bool {
        if call.operation.flags.contains(.forkProtected) { _ = protectFromFork(call.operation, adding: false, &state) }
        return finish(call, &state, outcome)
    }

    // MARK: Charge

    /// Adds the pages to the counter. Up to 5.0 the check is part of the same step (under the map lock); later the counter is
    /// atomic and is added to first, so that a charge that will be refused is seen by others for a moment.
    func charge(_ call: Call, _ state: inout KernelState) -> Bool {
        let pages = chargedPages(call.operation)
        let addsFirst = rules.has(.chargeOwner)
        if !addsFirst, isLocked(call.process, except: call.actor, state) { return false }
        let limit = addsFirst ? .unlimited : limit(call.process, state)
        if let refusal = charge(pages, call.process, limit, &state) { return failRegistration(call, refusal, &state) }
        state[.region(call.operation.region, .chargedPages)] = pages
        if addsFirst {
            state[.actor(call.actor, .want)] = Int(account(call.process, state).registeredPages)
            setPhase(call, .checkLimit, &state)
            return true
        }
        return nextPage(call, &state)
    }

    private func checkLimit(_ call: Call, _ state: inout KernelState) -> Bool {
        guard isOverLimit(state[.actor(call.actor, .want)], call.process, state) else { return nextPage(call, &state) }
        state[.actor(call.actor, .outcome)] = Outcome.noMemory.code
        setPhase(call, .undoCharge, &state)
        return true
    }

    /// io_uring charges the user after the pages are pinned, and the process as well.
    private func chargeUser(_ call: Call, _ state: inout KernelState) -> Bool {
        let pages = fixedBufferCharge(call, state)
        if hasRefusedFile(call, state) { return failPin(call, .notSupported, &state) }
        if let refusal = chargeUser(pages, call.process, &state) { return failPin(call, refusal, &state) }
        state[.region(call.operation.region, .chargedPages)] = pages
        setPhase(call, .publish, &state)
        return publish(call, &state)
    }

    /// What a fixed buffer is charged: each of its pages, every time it appears; of a huge page the whole, and only with the first buffer
    /// of its ring that lies in it. When that buffer goes the charge goes, whoever else holds the page.
    private func fixedBufferCharge(_ call: Call, _ state: borrowing KernelState) -> Int {
        var charge = 0
        var counted: [Int] = []
        for slot in 0..<call.operation.pageCount {
            guard let frame = state.slotFrame(call.operation.region, slot), state.isHuge(frame), rules.has(.fixedBuffersChargeFolioOnce) else {
                charge += 1
                continue
            }
            let folio = state.folio(frame)
            if counted.contains(folio.lowerBound) { continue }
            if isInRing(of: call.operation.region, folio, state) { continue }
            counted.append(folio.lowerBound)
            charge += folio.count
        }
        return charge
    }

    /// True if a live buffer of the same ring holds a page of the folio.
    private func isInRing(of region: RegionID, _ folio: ClosedRange<Int>, _ state: borrowing KernelState) -> Bool {
        for index in 0..<Bounds.regions where index != region.index {
            let other = RegionID(index)
            guard state.life(other) == .live, state.kind(other) == .fixedBuffer, state.owner(other) == state.owner(region),
                state.access(other).contains(.secondRing) == state.access(region).contains(.secondRing)
            else { continue }
            for slot in 0..<Bounds.pages {
                if let frame = state.slotFrame(other, slot), folio.contains(frame.index) { return true }
            }
        }
        return false
    }

    /// Files with write-back were looked at after the pins, and refused whether mapped shared or privately.
    private func hasRefusedFile(_ call: Call, _ state: borrowing KernelState) -> Bool {
        guard !rules.has(.fixedBuffersTakeFiles) else { return false }
        let first = call.operation.page.index
        for page in first..<first + call.operation.pageCount {
            guard let backing = state.mapping(call.process, PageNumber(page)).backing else { continue }
            if [.trackedFile, .directAccess].contains(state.backingKind(backing)) { return true }
        }
        return false
    }

    // MARK: End

    private func publish(_ call: Call, _ state: inout KernelState) -> Bool {
        state[.region(call.operation.region, .life)] = RegionLife.live.rawValue
        return finish(call, &state)
    }

    private func failRegistration(_ call: Call, _ outcome: Outcome, _ state: inout KernelState) -> Bool {
        for field in RegionField.allCases { state[.region(call.operation.region, field)] = 0 }
        return refuse(call, outcome, &state)
    }

    private func undoPins(_ call: Call, _ state: inout KernelState) -> Bool {
        let region = call.operation.region
        guard rules.has(.guardPinsUndone) else {
            setPhase(call, .undoCharge, &state)
            return true
        }
        for slot in 0..<call.operation.pageCount {
            guard let frame = state.slotFrame(region, slot) else { continue }
            state.setSlot(region, slot, nil, [])
            state.freeIfUnused(frame)
            return true
        }
        setPhase(call, .undoCharge, &state)
        return true
    }

    private func undoCharge(_ call: Call, _ state: inout KernelState) -> Bool {
        let outcome = Outcome(code: state[.actor(call.actor, .outcome)])
        let pages = state[.region(call.operation.region, .chargedPages)]
        if rules.has(.guardChargeUndone) { uncharge(pages, call.process, &state) }
        return failRegistration(call, outcome, &state)
    }
}
