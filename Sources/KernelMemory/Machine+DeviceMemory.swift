// Machine+DeviceMemory.swift - memory that lies in devices: private, coherent, a node of its own; dma-buf; NUMA hints; poison.
//
// Owns: what each kind allows. Does not: walk entries for a migration (Machine+Reclaim).
// Counterpart in Linux: mm/memremap.c, mm/migrate_device.c, mm/memory-failure.c, drivers/dma-buf.

extension Machine {
    /// Why a page may not move, if it may not. `argument` of a migration to a device is the zone.
    func migrationRefusal(_ call: Call, _ frame: PageFrameNumber, _ state: borrowing KernelState) -> Outcome? {
        let isFile = !state.isAnonymous(frame)
        let here = state.zone(frame)
        switch call.operation.kind {
        case .migrateToDevice:
            let target = Zone(rawValue: call.operation.argument)!
            guard exists(target) else { return .noDevice }
            // migrate_vma moves anonymous memory; a node of its own takes page cache as well.
            return isFile && target != .coherentNode ? .invalid : nil
        case .migrateToSystem:
            return here == .normal ? .invalid : nil
        default:
            // Compaction and reclaim walk the LRU lists, on which device pages are not.
            return here == .devicePrivate || here == .deviceCoherent || here == .peerToPeer || here == .storage ? .invalid : nil
        }
    }

    /// True if kernels under these rules have such memory.
    func exists(_ zone: Zone) -> Bool {
        switch zone {
        case .coherentNode: rules.has(.coherentDeviceNodes)
        case .deviceCoherent: rules.has(.deviceCoherentMemory)
        case .devicePrivate: rules.has(.devicePrivateMemory)
        default: true
        }
    }

    func targetZone(_ call: Call, _ frame: PageFrameNumber) -> Zone {
        call.operation.kind == .migrateToDevice ? Zone(rawValue: call.operation.argument)! : .normal
    }

    /// The processor touched device-private memory: the page comes home (migrate_to_ram), unless something holds it.
    func faultDevicePrivate(_ call: Call, _ page: PageNumber, _ frame: PageFrameNumber, _ state: inout KernelState) -> Bool {
        guard relocate(frame, to: .normal, &state) else { return false }
        // The entry maps ordinary memory now; the access tries again.
        for field in [ActorField.fault, .want] { state[.actor(call.actor, field)] = 0 }
        if state.lock(call.actor) == .readByFault { state[.actor(call.actor, .lock)] = 0 }
        return true
    }

    /// One step of a NUMA hint, a memory failure, or a dma-buf exporter's move or revocation.
    func stepDeviceMemory(_ call: Call, _ state: inout KernelState) -> Bool {
        switch call.operation.kind {
        case .hint: return hint(call, &state)
        case .memoryFailure: return poison(call, &state)
        case .bufferMove: return moveBuffer(call, &state)
        default: return revokeBuffer(call, &state)
        }
    }

    /// Automatic NUMA balancing takes the entry's access rights away for a while. Device pages and pages that may be pinned are passed over.
    private func hint(_ call: Call, _ state: inout KernelState) -> Bool {
        let page = call.operation.page
        guard let frame = state.entry(call.process, page).presentFrame else { return finish(call, &state, .noEntry) }
        guard !isTableLocked(call.process, state) else { return false }
        guard state.zone(frame) == .normal || state.zone(frame) == .movable else { return finish(call, &state, .invalid) }
        let isPrivate = !state.mapping(call.process, page).isShared
        if isPrivate, rules.has(.pinCounting), state.pins(frame) > 0 { return finish(call, &state, .busy) }
        let flags = state.entryFlags(call.process, page)
        state.setEntry(call.process, page, .present(frame), flags.subtracting(.writable).union(.hint))
        return finish(call, &state)
    }

    private func poison(_ call: Call, _ state: inout KernelState) -> Bool {
        guard let frame = state.entry(call.process, call.operation.page).mappedFrame else { return finish(call, &state, .noEntry) }
        state[.frame(frame, .use)] = FrameUse.poisoned.rawValue
        return finish(call, &state)
    }

    // MARK: dma-buf

    /// A region on an exporter's buffer: nothing of the process is pinned or charged. The buffer is the region's own backing pages.
    func registerBuffer(_ call: Call, _ state: inout KernelState) -> Bool {
        let region = call.operation.region
        guard state.life(region) == .none else { return finish(call, &state, .busy) }
        for slot in 0..<call.operation.pageCount {
            guard let backing = state.mapping(call.process, PageNumber(call.operation.page.index + slot)).backing,
                let frame = cachedFrame(backing, &state)
            else { return finish(call, &state, .invalid) }
            let pinned = call.operation.flags.contains(.pinnedImport)
            state.setSlot(region, slot, frame, pinned ? .referenced : [])
        }
        state[.region(region, .life)] = RegionLife.live.rawValue
        state[.region(region, .kind)] = HolderKind.dmaBuffer.rawValue
        state[.region(region, .access)] = access(call.operation.flags).rawValue
        state[.region(region, .owner)] = call.process.index
        state[.region(region, .firstPage)] = call.operation.page.index
        state[.region(region, .pageCount)] = call.operation.pageCount
        state[.region(region, .descriptorHolders)] = 1 << call.process.index
        return finish(call, &state)
    }

    /// The exporter moves the buffer's first page: importers are told first and forget the frame; a pinned import refuses.
    private func moveBuffer(_ call: Call, _ state: inout KernelState) -> Bool {
        let backing = BackingPage(call.operation.argument)
        let cached = state[.backing(backing, .cache)]
        guard cached != 0 else { return finish(call, &state, .noEntry) }
        let old = PageFrameNumber(cached - 1)
        if state.unexpectedReferences(old) > 0 { return finish(call, &state, .busy) }
        if rules.has(.guardBufferMoveNotifies) { forget(old, &state) }
        guard let fresh = state.allocate(.pageCache, content: state[.frame(old, .content)]) else { return false }
        for process in 0..<Bounds.processes {
            for page in 0..<Bounds.pages where state.entry(ProcessID(process), PageNumber(page)).presentFrame == old {
                state.setEntry(ProcessID(process), PageNumber(page), .none, [])
            }
        }
        state[.backing(backing, .cache)] = fresh.index + 1
        state.freeIfUnused(old)
        return finish(call, &state)
    }

    private func forget(_ frame: PageFrameNumber, _ state: inout KernelState) {
        for region in 0..<Bounds.regions where state.kind(RegionID(region)) == .dmaBuffer {
            for slot in 0..<Bounds.pages where state.slotFrame(RegionID(region), slot) == frame {
                state.setSlot(RegionID(region), slot, nil, [])
            }
        }
    }

    /// Revocation ends all access at once; the key stays taken until the owner deregisters.
    private func revokeBuffer(_ call: Call, _ state: inout KernelState) -> Bool {
        let region = call.operation.region
        guard state.life(region) == .live else { return finish(call, &state, .invalid) }
        state[.region(region, .life)] = RegionLife.revoked.rawValue
        for slot in 0..<Bounds.pages {
            guard let frame = state.slotFrame(region, slot) else { continue }
            state.setSlot(region, slot, nil, [])
            state.freeIfUnused(frame)
        }
        return finish(call, &state)
    }
}
