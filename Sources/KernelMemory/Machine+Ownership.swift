// Machine+Ownership.swift - exclusive page frame ownership: is a user's page in the kernel's direct map?
//
// Owns: per version, when the alias disappears and returns; the attacker who makes the kernel follow a pointer into the direct map.
// Devices are not concerned: they use physical addresses. Counterpart: mm/xpfo.c of the 2016 to 2019 proposals (never merged).

extension Machine {
    private var hasOwnership: Bool {
        rules.has(.exclusiveOwnershipV1) || rules.has(.exclusiveOwnershipV3) || removesAtAllocation
    }

    /// Since the sixth version a page leaves the direct map when it is allocated, and does not come back when it is freed.
    private var removesAtAllocation: Bool { rules.has(.exclusiveOwnershipV6) || rules.has(.exclusiveOwnershipV9) }

    /// Who fills a page that has just been allocated to user space.
    enum PageFiller {
        /// The kernel, through a temporary mapping, which it begins with the allocation.
        case kernel
        /// A disk, without any.
        case device
    }

    /// Allocation for user space. A page that the kernel fills is in the direct map until that ends, in every version. Up to the third, one
    /// that a device fills stays there until the kernel first maps and unmaps it.
    func takeOwnership(of frame: PageFrameNumber, filledBy filler: PageFiller, _ state: inout KernelState) {
        guard hasOwnership else { return }
        state[.frame(frame, .ownership)] = ExclusiveOwnership.user.rawValue
        state[.frame(frame, .kernelMaps)] = filler == .kernel ? 1 : 0
        if filler == .device, removesAtAllocation { removeAlias(frame, &state) }
    }

    /// How the first state depends on the rules: what is mapped left the direct map long ago, and what freed frames are is known.
    public func prepare(_ state: inout KernelState) {
        account(&state)
        enterPeerMemory(&state)
        if operations.contains(where: { $0.kind == .kernelAliasFreed }) {
            let clears = rules.has(.exclusiveOwnershipV1) && rules.has(.guardOwnershipClearsFreed)
            state[.global(.freedFrames)] = (clears ? FreedFrames.cleared : removesAtAllocation ? .unmapped : .kept).rawValue
        }
        guard hasOwnership else { return }
        for index in 0..<(Bounds.frames - 1) where state.use(PageFrameNumber(index)) == .anonymous {
            state[.frame(PageFrameNumber(index), .ownership)] = ExclusiveOwnership([.user, .unmapped]).rawValue
        }
    }

    /// The kernel has filled the new page and ends its temporary mapping.
    func endKernelUse(of frame: PageFrameNumber, _ state: inout KernelState) {
        guard hasOwnership, state[.frame(frame, .kernelMaps)] > 0 else { return }
        state[.frame(frame, .kernelMaps)] -= 1
        if state[.frame(frame, .kernelMaps)] == 0 { removeAlias(frame, &state) }
    }

    /// Takes the alias away. The ninth version puts the flush off, so that a processor may go on using what it cached.
    func removeAlias(_ frame: PageFrameNumber, _ state: inout KernelState) {
        var bits = ownership(frame, state)
        bits.insert(.unmapped)
        if rules.has(.exclusiveOwnershipV9) || !rules.has(.guardOwnershipFlushes) { bits.insert(.cachedTranslation) }
        state[.frame(frame, .ownership)] = bits.rawValue
    }

    private func ownership(_ frame: PageFrameNumber, _ state: borrowing KernelState) -> ExclusiveOwnership {
        ExclusiveOwnership(rawValue: state[.frame(frame, .ownership)])
    }

    func restoreAlias(_ frame: PageFrameNumber, _ state: inout KernelState) {
        state[.frame(frame, .ownership)] = ownership(frame, state).subtracting(.unmapped).rawValue
    }

    /// One step of kmap, kunmap, the kernel's use of what it mapped, the flush that was put off, or the attacker's use of an alias.
    func stepOwnership(_ call: Call, _ state: inout KernelState) -> Bool {
        if call.operation.kind == .kernelFlush { return flushTranslations(call, &state) }
        if call.operation.kind == .kernelAliasFreed { return followFreed(call, &state) }
        guard let frame = state.entry(call.process, call.operation.page).presentFrame else { return finish(call, &state, .noEntry) }
        switch call.operation.kind {
        case .kernelMap: return kernelMap(call, frame, &state)
        case .kernelUnmap: return kernelUnmap(call, frame, &state)
        case .kernelUse: return useAlias(call, frame, &state)
        case .kernelTemporaryUse: return stepTemporaryUse(call, frame, &state)
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
    func useAlias(_ call: Call, _ frame: PageFrameNumber, _ state: inout KernelState) -> Bool {
        if isReachable(frame, state) { return finish(call, &state, .value(state[.frame(frame, .content)])) }
        if rules.has(.exclusiveOwnershipV9), isBeingMapped(frame, state) { return false }
        state[.global(.kernelFault)] = 1
        return finish(call, &state, .kernelFault)
    }

    /// True if the direct map leads there, or some processor still believes so.
    func isReachable(_ frame: PageFrameNumber, _ state: borrowing KernelState) -> Bool {
        let bits = ownership(frame, state)
        return !bits.contains(.unmapped) || bits.contains(.cachedTranslation)
    }

    func isBeingMapped(_ frame: PageFrameNumber, _ state: borrowing KernelState) -> Bool {
        for index in 0..<actorCount {
            guard let operation = operation(of: ActorID(index), in: state), isBetweenCountAndAlias(operation.kind, ActorID(index), state)
            else { continue }
            if state.entry(operation.process, operation.page).presentFrame == frame { return true }
        }
        return false
    }

    private func isBetweenCountAndAlias(_ kind: OperationKind, _ actor: ActorID, _ state: borrowing KernelState) -> Bool {
        let phase = state[.actor(actor, .phase)]
        return kind == .kernelMap && phase == 1 || kind == .kernelTemporaryUse && phase == TemporaryPhase.bringBack.rawValue
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
        for frame in candidates where state[.frame(frame, .content)] == call.operation.argument && isReachable(frame, state) {
            return finish(call, &state, .value(state[.frame(frame, .content)]))
        }
        state[.global(.kernelFault)] = 1
        return finish(call, &state, .kernelFault)
    }

    /// ret2dir by way of a frame that the attacker has filled and given back: the payload, the fault, or what the frame holds instead.
    private func followFreed(_ call: Call, _ state: inout KernelState) -> Bool {
        for index in 0..<(Bounds.frames - 1) {
            let frame = PageFrameNumber(index)
            guard state.use(frame) == .free, state[.frame(frame, .content)] == call.operation.argument else { continue }
            if isReachable(frame, state) { return finish(call, &state, .value(call.operation.argument)) }
            state[.global(.kernelFault)] = 1
            return finish(call, &state, .kernelFault)
        }
        return finish(call, &state, .value(0))
    }
}
