// Machine+Ownership.swift - exclusive page frame ownership: is a user's page in the kernel's direct map?
//
// Owns: per version, when the alias disappears and returns; the attacker who makes the kernel follow a pointer into the direct map.
// Devices are not concerned: they use physical addresses. Counterpart: mm/xpfo.c of the 2016 to 2019 proposals (never merged).

extension Machine {
    private var hasOwnership: Bool {
        rules.has(.exclusiveOwnershipV1) || rules.has(.exclusiveOwnershipV3) || rules.has(.exclusiveOwnershipV9)
    }

    /// Allocation for user space. The first version unmaps the alias at once; the later ones leave it until the kernel's first
    /// temporary mapping ends, as the page is about to be filled through it.
    func takeOwnership(of frame: PageFrameNumber, _ state: inout KernelState) {
        guard hasOwnership else { return }
        var bits: ExclusiveOwnership = .user
        if rules.has(.exclusiveOwnershipV1) { bits.insert(.unmapped) }
        state[.frame(frame, .ownership)] = bits.rawValue
        state[.frame(frame, .kernelMaps)] = 1
        if rules.has(.exclusiveOwnershipV1) { state[.frame(frame, .kernelMaps)] = 0 }
    }

    /// The kernel has filled the new page and ends its temporary mapping.
    func endKernelUse(of frame: PageFrameNumber, _ state: inout KernelState) {
        guard hasOwnership, state[.frame(frame, .kernelMaps)] > 0 else { return }
        state[.frame(frame, .kernelMaps)] -= 1
        if state[.frame(frame, .kernelMaps)] == 0 { removeAlias(frame, &state) }
    }

    /// Takes the alias away. The ninth version puts the flush off, so that a processor may go on using what it cached.
    private func removeAlias(_ frame: PageFrameNumber, _ state: inout KernelState) {
        var bits = ownership(frame, state)
        bits.insert(.unmapped)
        if rules.has(.exclusiveOwnershipV9) || !rules.has(.guardOwnershipFlushes) { bits.insert(.cachedTranslation) }
        state[.frame(frame, .ownership)] = bits.rawValue
    }

    private func ownership(_ frame: PageFrameNumber, _ state: borrowing KernelState) -> ExclusiveOwnership {
        ExclusiveOwnership(rawValue: state[.frame(frame, .ownership)])
    }

    private func restoreAlias(_ frame: PageFrameNumber, _ state: inout KernelState) {
        state[.frame(frame, .ownership)] = ownership(frame, state).subtracting(.unmapped).rawValue
    }

    /// One step of kmap, kunmap, the kernel's use of what it mapped, the flush that was put off, or the attacker's use of an alias.
    func stepOwnership(_ call: Call, _ state: inout KernelState) -> Bool {
        if call.operation.kind == .kernelFlush { return flushTranslations(call, &state) }
        guard let frame = state.entry(call.process, call.operation.page).presentFrame else { return finish(call, &state, .noEntry) }
        switch call.operation.kind {
        case .kernelMap: return kernelMap(call, frame, &state)
        case .kernelUnmap: return kernelUnmap(call, frame, &state)
        case .kernelUse: return useAlias(call, frame, &state)
        default: return followAlias(call, &state)
        }
    }

    /// Up to the third version a lock makes one step of it. In the ninth the count is atomic, and the alias comes back after it.
    private func kernelMap(_ call: Call, _ frame: PageFrameNumber, _ state: inout KernelState) -> Bool {
        guard hasOwnership else { return finish(call, &state) }
        if state[.actor(call.actor, .phase)] == 0 {
            state[.frame(frame, .kernelMaps)] += 1
            if rules.has(.exclusiveOwnershipV9), state[.frame(frame, .kernelMaps)] == 1 {
                state[.actor(call.actor, .phase)] = 1
                return true
            }
        }
        restoreAlias(frame, &state)
        return finish(call, &state)
    }

    /// The ninth version looks at the count again before it takes the alias away: another processor may have mapped the page since.
    private func kernelUnmap(_ call: Call, _ frame: PageFrameNumber, _ state: inout KernelState) -> Bool {
        guard rules.has(.exclusiveOwnershipV9) else {
            endKernelUse(of: frame, &state)
            return finish(call, &state)
        }
        if state[.actor(call.actor, .phase)] == 0 {
            guard state[.frame(frame, .kernelMaps)] > 0 else { return finish(call, &state) }
            state[.frame(frame, .kernelMaps)] -= 1
            guard state[.frame(frame, .kernelMaps)] == 0 else { return finish(call, &state) }
            state[.actor(call.actor, .phase)] = 1
            return true
        }
        if state[.frame(frame, .kernelMaps)] == 0 || !rules.has(.guardOwnershipRechecksCount) { removeAlias(frame, &state) }
        return finish(call, &state)
    }

    /// The kernel uses what it mapped. The ninth version's fault handler tries again where another processor is about to map the page.
    private func useAlias(_ call: Call, _ frame: PageFrameNumber, _ state: inout KernelState) -> Bool {
        let bits = ownership(frame, state)
        guard bits.contains(.unmapped), !bits.contains(.cachedTranslation) else {
            return finish(call, &state, .value(state[.frame(frame, .content)]))
        }
        if rules.has(.exclusiveOwnershipV9), isBeingMapped(frame, state) { return false }
        state[.global(.kernelFault)] = 1
        return finish(call, &state, .kernelFault)
    }

    private func isBeingMapped(_ frame: PageFrameNumber, _ state: borrowing KernelState) -> Bool {
        for index in 0..<actorCount {
            guard let operation = operation(of: ActorID(index), in: state), operation.kind == .kernelMap,
                state[.actor(ActorID(index), .phase)] == 1
            else { continue }
            if state.entry(operation.process, operation.page).presentFrame == frame { return true }
        }
        return false
    }

    /// The flush that the ninth version put off: no processor has an old translation any more.
    private func flushTranslations(_ call: Call, _ state: inout KernelState) -> Bool {
        for index in 0..<(Bounds.frames - 1) {
            let frame = PageFrameNumber(index)
            state[.frame(frame, .ownership)] = ownership(frame, state).subtracting(.cachedTranslation).rawValue
        }
        return finish(call, &state)
    }

    /// ret2dir: a hijacked kernel pointer into the direct map. `argument` 1 looks for the payload in any frame that an actor is filling
    /// as well, as a spraying attacker does.
    private func followAlias(_ call: Call, _ state: inout KernelState) -> Bool {
        var candidates: [PageFrameNumber] = []
        if let mapped = state.entry(call.process, call.operation.page).presentFrame { candidates.append(mapped) }
        for actor in 0..<actorCount {
            if let frame = state.newFrame(of: ActorID(actor)) { candidates.append(frame) }
        }
        for frame in candidates where state[.frame(frame, .content)] == call.operation.argument {
            let bits = ExclusiveOwnership(rawValue: state[.frame(frame, .ownership)])
            if !bits.contains(.unmapped) || bits.contains(.cachedTranslation) {
                return finish(call, &state, .value(state[.frame(frame, .content)]))
            }
        }
        state[.global(.kernelFault)] = 1
        return finish(call, &state, .kernelFault)
    }
}
