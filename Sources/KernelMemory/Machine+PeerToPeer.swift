// Machine+PeerToPeer.swift - user mappings of a PCI device's own memory, and the unbinding of its driver.
//
// Owns: ProviderLife, one step a state: entries unmapped one by one, the page map's reference killed, the wait for every page, the end.
// Counterpart in Linux: drivers/pci/p2pdma.c, mm/memremap.c (memunmap_pages).

extension Machine {
    /// A page of the provider's pool goes into a shared mapping; after the driver began to go, the access is SIGBUS.
    func faultPeerToPeer(_ call: Call, _ page: PageNumber, _ backing: BackingPage, _ state: inout KernelState) -> Bool {
        for field in [ActorField.fault, .want] { state[.actor(call.actor, field)] = 0 }
        if state.lock(call.actor) == .readByFault { state[.actor(call.actor, .lock)] = 0 }
        let isBound = state[.global(.provider)] == ProviderLife.bound.rawValue
        guard rules.has(.peerToPeerGate), isBound, let frame = state.allocate(.peerToPeer, zone: .peerToPeer) else {
            state[.actor(call.actor, .fault)] = FaultState.failed.rawValue
            state[.actor(call.actor, .outcome)] = Outcome.busError.code
            return true
        }
        state[.frame(frame, .content)] = state[.backing(backing, .stored)]
        let writable = state.areaFlags(call.process, page).contains(.write)
        state.setEntry(call.process, page, .present(frame), writable ? .writable : [])
        return true
    }

    /// One step of an unbind.
    func stepUnbind(_ call: Call, _ state: inout KernelState) -> Bool {
        switch ProviderLife(rawValue: state[.global(.provider)])! {
        case .bound:
            state[.global(.provider)] = ProviderLife.unmapped.rawValue
            return true
        case .unmapped:
            if rules.has(.guardUnbindUnmaps), unmapOne(&state) { return true }
            state[.global(.provider)] = ProviderLife.killed.rawValue
            return true
        case .killed:
            if rules.has(.guardUnbindWaits), !providerFrames(state).isEmpty { return false }
            state[.global(.provider)] = ProviderLife.drained.rawValue
            return true
        case .drained:
            for frame in providerFrames(state) { state.free(frame) }
            state[.global(.provider)] = ProviderLife.freed.rawValue
            return finish(call, &state)
        case .freed:
            return finish(call, &state, .noDevice)
        }
    }

    private func unmapOne(_ state: inout KernelState) -> Bool {
        for process in 0..<Bounds.processes {
            for page in 0..<Bounds.pages {
                guard let frame = state.entry(ProcessID(process), PageNumber(page)).presentFrame,
                    state.zone(frame) == .peerToPeer
                else { continue }
                zap(ProcessID(process), PageNumber(page), &state)
                return true
            }
        }
        return false
    }

    /// The provider's pages that something still refers to.
    private func providerFrames(_ state: borrowing KernelState) -> [PageFrameNumber] {
        var frames: [PageFrameNumber] = []
        for index in 0..<(Bounds.frames - 1) {
            let frame = PageFrameNumber(index)
            if state.zone(frame) == .peerToPeer, state.use(frame) != .free { frames.append(frame) }
        }
        return frames
    }
}
