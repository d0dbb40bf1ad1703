// Machine+PeerToPeer.swift - user mappings of a PCI device's own memory, and the unbinding of its driver.
//
// Owns: the entries that mmap makes; ProviderLife, one step a state: entries unmapped one by one, the page map's reference killed, the
// wait for every page, the end.
// Counterpart in Linux: drivers/pci/p2pdma.c, mm/memremap.c (memunmap_pages).

extension Machine {
    /// What mmap of the provider's file does: pages of its pool, new ones for each mapping, are entered at once.
    func enterPeerMemory(_ process: ProcessID, _ page: PageNumber, _ state: inout KernelState) {
        let mapping = state.mapping(process, page)
        guard rules.has(.peerToPeerGate), state[.global(.provider)] == ProviderLife.bound.rawValue, mapping.isShared else { return }
        guard let backing = mapping.backing, state.backingKind(backing) == .peerToPeer else { return }
        guard let frame = state.allocate(.peerToPeer, zone: .peerToPeer, content: state[.backing(backing, .stored)]) else { return }
        let writable = state.areaFlags(process, page).contains(.write)
        state.setEntry(process, page, .present(frame), writable ? .writable : [])
    }

    /// An entry of a page of the provider's.
    func isPeerMemory(_ process: ProcessID, _ page: PageNumber, _ state: borrowing KernelState) -> Bool {
        guard let frame = state.entry(process, page).presentFrame else { return false }
        return state.zone(frame) == .peerToPeer
    }

    /// The mappings that a scenario begins with.
    func enterPeerMemory(_ state: inout KernelState) {
        for process in 0..<Bounds.processes where state.isAlive(ProcessID(process)) {
            for page in 0..<Bounds.pages { enterPeerMemory(ProcessID(process), PageNumber(page), &state) }
        }
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
