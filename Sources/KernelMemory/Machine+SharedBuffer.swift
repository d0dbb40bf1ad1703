// Machine+SharedBuffer.swift - dma-buf: memory of an exporter that regions import.
//
// Owns: import, the importer's fault, the exporter's move and revocation, each in its real steps. A move: the exporter takes the
// buffer's lock; importers are told and forget the place; accesses under way end; the new place is known, behind a fence; the copy; the fence is signalled. Whoever faults the buffer in
// meanwhile waits for the fence. Counterpart in Linux: drivers/dma-buf, drivers/infiniband/core/umem_dmabuf.c.

extension Machine {
    // MARK: Importers

    /// A region on an exporter's buffer: nothing of the process is pinned or charged.
    func registerBuffer(_ call: Call, _ state: inout KernelState) -> Bool {
        let region = call.operation.region
        guard state.life(region) == .none else { return finish(call, &state, .busy) }
        let isPinned = call.operation.flags.contains(.pinnedImport)
        guard let first = state.mapping(call.process, call.operation.page).backing else { return finish(call, &state, .invalid) }
        for slot in 0..<call.operation.pageCount {
            let backing = state.mapping(call.process, PageNumber(call.operation.page.index + slot)).backing
            guard backing?.index == first.index + slot else { return finish(call, &state, .invalid) }
        }
        for slot in 0..<call.operation.pageCount where state[.backing(BackingPage(first.index + slot), .moving)] != 0 { return false }
        for slot in 0..<call.operation.pageCount {
            guard let frame = cachedFrame(BackingPage(first.index + slot), &state) else { return false }
            state.setSlot(region, slot, frame, isPinned ? .referenced : [])
        }
        state[.region(region, .life)] = RegionLife.live.rawValue
        state[.region(region, .kind)] = HolderKind.dmaBuffer.rawValue
        state[.region(region, .access)] = access(call.operation.flags).rawValue
        state[.region(region, .owner)] = call.process.index
        state[.region(region, .firstPage)] = call.operation.page.index
        state[.region(region, .pageCount)] = call.operation.pageCount
        state[.region(region, .source)] = first.index + 1
        state[.region(region, .descriptorHolders)] = 1 << call.process.index
        return finish(call, &state)
    }

    /// The importer's device lost the place: it maps the buffer again, once the exporter's fence is signalled.
    func faultBuffer(_ call: Call, _ state: inout KernelState) -> Bool {
        let (region, slot) = (call.operation.region, call.operation.argument)
        guard state.life(region) == .live else { return finish(call, &state, .remoteAccessError) }
        let backing = BackingPage(state[.region(region, .source)] - 1 + slot)
        if isFenced(backing, state) { return false }
        guard let frame = cachedFrame(backing, &state) else { return false }
        state.setSlot(region, slot, frame, [])
        state[.actor(call.actor, .phase)] = 0
        return true
    }

    /// True while whoever wants to map the buffer must wait: the exporter holds its lock, or its content is on the way.
    @inline(__always)
    func isFenced(_ backing: BackingPage, _ state: borrowing KernelState) -> Bool {
        let moving = state[.backing(backing, .moving)]
        return moving == 1 || moving == 2 && rules.has(.guardBufferFenceWaited)
    }

    // MARK: Exporter

    /// One step of moving a page of a buffer. A pinned import refuses it.
    func moveBuffer(_ call: Call, _ state: inout KernelState) -> Bool {
        let backing = BackingPage(call.operation.argument)
        switch state[.actor(call.actor, .phase)] {
        case 0: return beginMove(call, backing, &state)
        case 1:
            guard let old = state.frame(of: call.actor) else { return false }
            if rules.has(.guardBufferWaitsForDevice), isUnderAccess(old, state) { return false }
            return renameBuffer(call, backing, old, &state)
        default:
            guard let old = state.frame(of: call.actor), let fresh = cachedFrame(backing, &state) else { return false }
            state[.frame(fresh, .content)] = state[.frame(old, .content)]
            state[.backing(backing, .moving)] = 0
            return finish(call, &state)
        }
    }

    private func beginMove(_ call: Call, _ backing: BackingPage, _ state: inout KernelState) -> Bool {
        let cached = state[.backing(backing, .cache)]
        guard cached != 0 else { return finish(call, &state, .noEntry) }
        guard state[.backing(backing, .moving)] == 0 else { return false }
        let old = PageFrameNumber(cached - 1)
        if state.unexpectedReferences(old) > 0 { return finish(call, &state, .busy) }
        if rules.has(.guardBufferMoveNotifies) { forget(old, &state) }
        holdForMigration(call.actor, old, &state)
        state[.backing(backing, .moving)] = 1
        state[.actor(call.actor, .phase)] = 1
        return true
    }

    /// The buffer is in its new place from here on; what was in the old one comes later, behind the fence.
    private func renameBuffer(_ call: Call, _ backing: BackingPage, _ old: PageFrameNumber, _ state: inout KernelState) -> Bool {
        guard let fresh = state.allocate(.pageCache) else { return false }
        for process in 0..<Bounds.processes {
            for page in 0..<Bounds.pages where state.entry(ProcessID(process), PageNumber(page)).presentFrame == old {
                state.setEntry(ProcessID(process), PageNumber(page), .none, [])
            }
        }
        state[.backing(backing, .cache)] = fresh.index + 1
        state[.backing(backing, .moving)] = 2
        state[.actor(call.actor, .phase)] = 2
        return true
    }

    private func forget(_ frame: PageFrameNumber, _ state: inout KernelState) {
        for region in 0..<Bounds.regions where state.kind(RegionID(region)) == .dmaBuffer {
            for slot in 0..<Bounds.pages where state.slotFrame(RegionID(region), slot) == frame {
                state.setSlot(RegionID(region), slot, nil, [])
            }
        }
    }

    /// True while a device is between looking the frame up and touching it.
    private func isUnderAccess(_ frame: PageFrameNumber, _ state: borrowing KernelState) -> Bool {
        for index in 0..<actorCount where state[.actor(ActorID(index), .frame)] == frame.index + 1 {
            guard let operation = operation(of: ActorID(index), in: state) else { continue }
            if operation.kind == .deviceRead || operation.kind == .deviceWrite { return true }
        }
        return false
    }

    /// Revocation: no new access; those under way end; then a pinned import is unpinned. The key stays taken until the owner deregisters.
    func revokeBuffer(_ call: Call, _ state: inout KernelState) -> Bool {
        let region = call.operation.region
        if state[.actor(call.actor, .phase)] == 0 {
            // Revoking twice is revoking once.
            if state.life(region) == .revoked { return finish(call, &state) }
            guard state.life(region) == .live else { return finish(call, &state, .invalid) }
            state[.region(region, .life)] = RegionLife.revoked.rawValue
            state[.actor(call.actor, .phase)] = 1
            return true
        }
        if rules.has(.guardBufferWaitsForDevice), isInFlight(region, state) { return false }
        for slot in 0..<Bounds.pages {
            guard let frame = state.slotFrame(region, slot) else { continue }
            state.setSlot(region, slot, nil, [])
            state.freeIfUnused(frame)
        }
        return finish(call, &state)
    }
}
