// Machine+Device.swift - an adapter's access to memory through a key.
//
// Owns: the look-up in the translation table, the access that follows it, on-demand faults. The table names frames, not addresses:
// what the process has since done to its page tables is invisible here.
// Counterpart in Linux: none; the device. For on-demand regions ib_umem_odp and the mmu interval notifier.

extension Machine {
    /// One step of a device's read or write, or of resetting its queue.
    func stepDevice(_ call: Call, _ state: inout KernelState) -> Bool {
        let operation = call.operation
        if operation.kind == .resetQueue {
            state[.region(operation.region, .access)] &= ~RegionAccess.remoteWrite.rawValue
            return finish(call, &state)
        }
        if state[.actor(call.actor, .phase)] == 0 { return lookUpKey(call, &state) }
        if state[.actor(call.actor, .phase)] == 2 { return faultOnDemand(call, &state) }
        return touch(call, &state)
    }

    private func lookUpKey(_ call: Call, _ state: inout KernelState) -> Bool {
        let operation = call.operation
        let region = operation.region
        if let refusal = accessRefusal(operation, state) { return finish(call, &state, refusal) }
        guard let frame = state.slotFrame(region, operation.argument) else {
            let kind = state.kind(region)
            if kind == .dmaBuffer { return faultBuffer(call, &state) }
            guard kind == .onDemand else { return finish(call, &state, .remoteAccessError) }
            return faultOnDemand(call, &state)
        }
        if state.slotFlags(region, operation.argument).contains(.stale) { state[.global(.useAfterFree)] = 1 }
        state[.actor(call.actor, .frame)] = frame.index + 1
        if state.kind(region) == .onDemand, operation.kind == .deviceWrite, !isWritableOnDemand(call, state) {
            state[.actor(call.actor, .frame)] = 0
            return faultOnDemand(call, &state)
        }
        state[.actor(call.actor, .phase)] = 1
        // The notifier and the device exclude each other: an on-demand access is one step with its look-up.
        return state.kind(region) == .onDemand ? touch(call, &state) : true
    }

    /// The access itself; the frame may have been freed since the look-up if nothing waits for the device.
    private func touch(_ call: Call, _ state: inout KernelState) -> Bool {
        guard let frame = state.frame(of: call.actor) else { return false }
        if state.hold(call.actor) == .stale { state[.global(.useAfterFree)] = 1 }
        state[.actor(call.actor, .frame)] = 0
        state[.actor(call.actor, .hold)] = 0
        if state.use(frame) == .poisoned {
            state[.global(.poisonConsumed)] = 1
            return finish(call, &state, .poisoned)
        }
        guard call.operation.kind == .deviceWrite else { return finish(call, &state, .value(state[.frame(frame, .content)])) }
        state[.frame(frame, .content)] = call.operation.second
        return finish(call, &state)
    }

    // MARK: On demand

    private func isWritableOnDemand(_ call: Call, _ state: borrowing KernelState) -> Bool {
        state.entryFlags(call.process, regionPage(call, state)).contains(.writable)
    }

    private func regionPage(_ call: Call, _ state: borrowing KernelState) -> PageNumber {
        PageNumber(state[.region(call.operation.region, .firstPage)] + call.operation.argument)
    }

    /// The device's page fault: the owner's address space is faulted as by the processor, then the entry is copied.
    private func faultOnDemand(_ call: Call, _ state: inout KernelState) -> Bool {
        let page = regionPage(call, state)
        let want: FaultWant = call.operation.kind == .deviceWrite ? .write : .read
        switch FaultState(rawValue: state[.actor(call.actor, .fault)])! {
        case .failed: return finish(call, &state, .remoteAccessError)
        case .test, .copy, .install, .homeUnmap, .homeRestore: return stepFault(call, &state)
        case .idle: break
        }
        guard state.life(call.operation.region) == .live else { return finish(call, &state, .remoteAccessError) }
        // hmm_range_fault asks the area first, whatever is entered there.
        guard state.areaFlags(call.process, page).contains(.read) else { return finish(call, &state, .remoteAccessError) }
        let flags = state.entryFlags(call.process, page)
        guard let frame = state.entry(call.process, page).presentFrame, want == .read || flags.contains(.writable) else {
            state[.actor(call.actor, .phase)] = 2
            state[.actor(call.actor, .page)] = page.index
            return beginFault(call, want, &state)
        }
        state.setSlot(call.operation.region, call.operation.argument, frame, [])
        state[.actor(call.actor, .phase)] = 0
        return true
    }

    func registerOnDemand(_ call: Call, _ state: inout KernelState) -> Bool {
        let region = call.operation.region
        guard state.life(region) == .none else { return finish(call, &state, .busy) }
        state[.region(region, .life)] = RegionLife.live.rawValue
        state[.region(region, .kind)] = HolderKind.onDemand.rawValue
        state[.region(region, .owner)] = call.process.index
        state[.region(region, .firstPage)] = call.operation.page.index
        state[.region(region, .pageCount)] = call.operation.pageCount
        state[.region(region, .descriptorHolders)] = 1 << call.process.index
        state[.region(region, .access)] = access(call.operation.flags).union(.pinnedForWrite).rawValue
        return finish(call, &state)
    }

    /// The notifier: before an entry changes, devices that copied it forget it.
    func notify(_ process: ProcessID, _ page: PageNumber, _ state: inout KernelState) {
        guard hasOnDemand, rules.has(.guardNotifierInvalidates) else { return }
        for index in 0..<Bounds.regions where state[.region(RegionID(index), .kind)] == HolderKind.onDemand.rawValue {
            let region = RegionID(index)
            guard state.owner(region) == process else { continue }
            let slot = page.index - state[.region(region, .firstPage)]
            if slot >= 0, slot < state[.region(region, .pageCount)] { state.setSlot(region, slot, nil, []) }
        }
    }
}
