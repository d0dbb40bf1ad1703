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
        var bits = ExclusiveOwnership(rawValue: state[.frame(frame, .ownership)])
        bits.insert(.unmapped)
        if rules.has(.exclusiveOwnershipV9) || !rules.has(.guardOwnershipFlushes) { bits.insert(.cachedTranslation) }
        state[.frame(frame, .ownership)] = bits.rawValue
    }

    /// One step of kmap, kunmap, or of the attacker's use of an alias.
    func stepOwnership(_ call: Call, _ state: inout KernelState) -> Bool {
        guard let frame = state.entry(call.process, call.operation.page).presentFrame else { return finish(call, &state, .noEntry) }
        switch call.operation.kind {
        case .kernelMap:
            guard hasOwnership else { break }
            state[.frame(frame, .kernelMaps)] += 1
            let kept = ExclusiveOwnership(rawValue: state[.frame(frame, .ownership)]).subtracting(.unmapped)
            state[.frame(frame, .ownership)] = kept.rawValue
        case .kernelUnmap: endKernelUse(of: frame, &state)
        default: return followAlias(call, &state)
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
