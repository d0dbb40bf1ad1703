// Machine+Migration.swift - a page moves to another frame: the kernel's own migration, a driver's, that of a fault on device memory, that of a
// longterm pin that must not leave a page where it is.
//
// Owns: the steps, the same for all: migration entries in place of the page's entries, one by one; then, if nothing else refers to the
// frame, the copy; then the entries again, one by one, for the new frame or the old. The actor holds a reference on the old frame meanwhile.
// Does not: say which page may move where (Machine+DeviceMemory, Machine+Pin).
// Counterpart in Linux: mm/migrate.c, mm/migrate_device.c, check_and_migrate_movable_folios.

extension Machine {
    // MARK: Steps

    /// How far one of the steps came.
    enum MigrationProgress {
        /// One entry was changed.
        case stepped
        /// A page table is locked by a fork.
        case blocked
        /// There is no entry left to change.
        case done
    }

    /// The actor begins to move a frame: it holds a reference on it.
    func holdForMigration(_ actor: ActorID, _ frame: PageFrameNumber, _ state: inout KernelState) {
        state[.actor(actor, .frame)] = frame.index + 1
        state[.actor(actor, .hold)] = Hold.reference.rawValue
    }

    /// Puts a migration entry in place of one entry that maps the frame.
    func unmapOneForMigration(_ frame: PageFrameNumber, _ state: inout KernelState) -> MigrationProgress {
        for process in 0..<Bounds.processes {
            for page in 0..<Bounds.pages where state.entry(ProcessID(process), PageNumber(page)).mappedFrame == frame {
                guard !isTableLocked(ProcessID(process), state) else { return .blocked }
                notify(ProcessID(process), PageNumber(page), &state)
                let flags = state.entryFlags(ProcessID(process), PageNumber(page))
                state.setEntry(ProcessID(process), PageNumber(page), .migrating(frame), flags)
                return .stepped
            }
        }
        return .done
    }

    /// Copies to a new frame in `zone`, unless something refers to the old one beside the migration itself; the count is frozen for the
    /// moment of the check and the switch. Nil if it worked.
    func copyForMigration(_ actor: ActorID, to zone: Zone, _ state: inout KernelState) -> Outcome? {
        guard let frame = state.frame(of: actor) else { return .tryAgain }
        let unexpected = state.unexpectedReferences(frame) - 1
        guard unexpected == 0 || !rules.has(.guardMigrationChecksReferences) else { return .tryAgain }
        // A collapse has taken its entries away, so that none was found: it is mapped all the same.
        guard state.mapCount(frame) == 0 else { return .tryAgain }
        guard let fresh = state.allocate(state.use(frame), zone: zone, content: state[.frame(frame, .content)]) else { return .noMemory }
        state[.frame(fresh, .exclusive)] = state[.frame(frame, .exclusive)]
        if let backing = state.cachedBacking(frame) { state[.backing(backing, .cache)] = fresh.index + 1 }
        state[.actor(actor, .newFrame)] = fresh.index + 1
        return nil
    }

    /// Turns one migration entry into an entry for the new frame, or for the old one if there is none.
    func restoreOneEntry(_ actor: ActorID, _ state: inout KernelState) -> MigrationProgress {
        guard let old = state.frame(of: actor) else { return .done }
        let target = state.newFrame(of: actor) ?? old
        for process in 0..<Bounds.processes {
            for page in 0..<Bounds.pages where state.entry(ProcessID(process), PageNumber(page)).migratingFrame == old {
                let flags = state.entryFlags(ProcessID(process), PageNumber(page))
                state.setEntry(ProcessID(process), PageNumber(page), entry(for: target, state), flags)
                return .stepped
            }
        }
        return .done
    }

    /// The actor's migration is over; true if the page has moved.
    @discardableResult
    func endMigration(_ actor: ActorID, _ state: inout KernelState) -> Bool {
        let fresh = state.newFrame(of: actor)
        state[.actor(actor, .newFrame)] = 0
        state.dropLook(actor)
        if let fresh { state.freeIfUnused(fresh) }
        return fresh != nil
    }

    /// The entry that maps a frame: device-private memory is not reachable by the processor.
    func entry(for frame: PageFrameNumber, _ state: borrowing KernelState) -> PageTableEntry {
        state.zone(frame) == .devicePrivate ? .devicePrivate(frame) : .present(frame)
    }

    // MARK: By the kernel or a driver

    /// One step of `migrate`, `migrate-to` or `migrate-back`.
    func stepMigrate(_ call: Call, _ state: inout KernelState) -> Bool {
        switch WalkPhase(rawValue: state[.actor(call.actor, .phase)])! {
        case .begin: return beginMigration(call, &state)
        case .unmap:
            guard let frame = state.frame(of: call.actor) else { return false }
            switch unmapOneForMigration(frame, &state) {
            case .stepped: return true
            case .blocked: return false
            case .done: break
            }
            state[.actor(call.actor, .phase)] = WalkPhase.restore.rawValue
            if let refusal = copyForMigration(call.actor, to: targetZone(call, frame), &state) {
                state[.actor(call.actor, .outcome)] = refusal.code
            }
            return true
        case .decide, .restore:
            if restoreOneEntry(call.actor, &state) == .stepped { return true }
            let outcome = state[.actor(call.actor, .outcome)]
            endMigration(call.actor, &state)
            return finish(call, &state, outcome == 0 ? .ok : Outcome(code: outcome))
        }
    }

    private func beginMigration(_ call: Call, _ state: inout KernelState) -> Bool {
        if beginsOnDevice(call, state) { return beginOnDevice(call, &state) }
        let entry = state.entry(call.process, call.operation.page)
        guard let frame = entry.mappedFrame, frame != KernelState.zeroFrame, !state.isHugetlb(frame) else {
            return finish(call, &state, .noEntry)
        }
        guard splitFolio(frame, &state) else { return finish(call, &state, .tryAgain) }
        if let refusal = migrationRefusal(call, frame, state) { return finish(call, &state, refusal) }
        holdForMigration(call.actor, frame, &state)
        state[.actor(call.actor, .phase)] = WalkPhase.unmap.rawValue
        return true
    }

    // MARK: By a fault

    /// The processor touched device-private memory: the page comes home (migrate_to_ram).
    func faultDevicePrivate(_ call: Call, _ frame: PageFrameNumber, _ state: inout KernelState) -> Bool {
        // Another processor brings it home already.
        guard state.unexpectedReferences(frame) == 0 else { return false }
        holdForMigration(call.actor, frame, &state)
        state[.actor(call.actor, .fault)] = FaultState.homeUnmap.rawValue
        return true
    }

    /// One step of bringing a page home. After the last the access tries again.
    func stepHome(_ call: Call, _ phase: FaultState, _ state: inout KernelState) -> Bool {
        guard let frame = state.frame(of: call.actor) else { return false }
        if phase == .homeUnmap {
            switch unmapOneForMigration(frame, &state) {
            case .stepped: return true
            case .blocked: return false
            case .done: state[.actor(call.actor, .fault)] = FaultState.homeRestore.rawValue
            }
            _ = copyForMigration(call.actor, to: .normal, &state)
            return true
        }
        if restoreOneEntry(call.actor, &state) == .stepped { return true }
        endMigration(call.actor, &state)
        return endFault(call, &state)
    }

    // MARK: By a longterm pin

    /// One step of moving a page that the pin must not hold where it is: the pin let go of it before, and looks it up again after.
    func stepEvict(_ call: Call, _ phase: PinPhase, _ state: inout KernelState) -> Bool {
        guard let frame = state.frame(of: call.actor) else { return false }
        if phase == .evictUnmap {
            switch unmapOneForMigration(frame, &state) {
            case .stepped: return true
            case .blocked: return false
            case .done: setPhase(call, .evictRestore, &state)
            }
            _ = copyForMigration(call.actor, to: .normal, &state)
            return true
        }
        if restoreOneEntry(call.actor, &state) == .stepped { return true }
        guard endMigration(call.actor, &state) else { return failPin(call, .noMemory, &state) }
        return nextPage(call, &state)
    }
}
