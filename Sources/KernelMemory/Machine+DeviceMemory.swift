// Machine+DeviceMemory.swift - memory that lies in devices: private, coherent, a node of its own; NUMA hints; poison.
//
// Owns: what each kind allows. Does not: move pages (Machine+Migration).
// Counterpart in Linux: mm/memremap.c, mm/migrate_device.c, mm/memory-failure.c.

extension Machine {
    /// Why a page may not move, if it may not. `argument` of a migration to a device is the zone.
    func migrationRefusal(_ call: Call, _ frame: PageFrameNumber, _ state: borrowing KernelState) -> Outcome? {
        let isFile = !state.isAnonymous(frame)
        let here = state.zone(frame)
        switch call.operation.kind {
        case .migrateToDevice:
            let target = Zone(rawValue: call.operation.argument)!
            guard exists(target) else { return .noDevice }
            // A driver selects pages of system memory: what lies in a device stays there.
            if here == .devicePrivate || here == .deviceCoherent { return .invalid }
            // migrate_vma moves anonymous memory; a node of its own takes page cache as well.
            return isFile && target != .coherentNode ? .invalid : nil
        case .migrateToSystem:
            return here == .normal ? .invalid : nil
        default:
            // Compaction and reclaim walk the LRU lists, on which device pages are not.
            return here == .devicePrivate || here == .deviceCoherent || here == .peerToPeer || here == .storage ? .invalid : nil
        }
    }

    /// True if there is nothing to move: an anonymous page that is untouched, or that reads as zeros, begins its life in the device. A node of
    /// its own gets its pages by faults.
    func beginsOnDevice(_ call: Call, _ state: borrowing KernelState) -> Bool {
        guard call.operation.kind == .migrateToDevice, let zone = Zone(rawValue: call.operation.argument), zone != .coherentNode, exists(zone)
        else { return false }
        let mapping = state.mapping(call.process, call.operation.page)
        guard !mapping.isHole, mapping.backing == nil, mapping != .hugetlb else { return false }
        let entry = state.entry(call.process, call.operation.page)
        return entry.isNone || entry.presentFrame == KernelState.zeroFrame
    }

    /// migrate_vma_insert_page: a page of zeros in the device, and an entry for it.
    func beginOnDevice(_ call: Call, _ state: inout KernelState) -> Bool {
        let (process, page) = (call.process, call.operation.page)
        guard !isTableLocked(process, state) else { return false }
        guard let frame = state.allocate(.anonymous, zone: Zone(rawValue: call.operation.argument)!) else {
            return finish(call, &state, .noMemory)
        }
        splitMapping(process, page, &state)
        giveAnonymousIdentity(process, page, &state)
        notify(process, page, &state)
        if rules.has(.exclusiveFlag) { state[.frame(frame, .exclusive)] = 1 }
        state.setEntry(process, page, entry(for: frame, state), state.areaFlags(process, page).contains(.write) ? .writable : [])
        return finish(call, &state)
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

    /// The count of references that the kernel reads in struct page. A device's page that is in use counted one more than what refers to
    /// it, until an idle page came to count none. A block of a DAX file counted one, and its mappings nothing; then each mapping one.
    public func pageCount(_ frame: PageFrameNumber, _ state: borrowing KernelState) -> Int {
        switch state.zone(frame) {
        case .devicePrivate, .deviceCoherent: state.references(frame) + (rules.has(.deviceIdleCountZero) ? 0 : 1)
        case .storage: state.unexpectedReferences(frame) + (rules.has(.directAccessIdleCountZero) ? state.mapCount(frame) : 1)
        default: state.references(frame)
        }
    }

    /// One step of a NUMA hint, a memory failure, or a dma-buf exporter's move or revocation (Machine+SharedBuffer).
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
}
