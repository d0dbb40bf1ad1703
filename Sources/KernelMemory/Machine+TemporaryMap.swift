// Machine+TemporaryMap.swift - the helpers for code that uses pages by their place in the direct map: cache maintenance, bounce buffers.
//
// Owns: the steps: look whether the page is there; if not, map it; use it; unmap what was mapped. The look is no hold: who finds the
// page mapped by somebody else's kmap loses it with that one's kunmap. Does not: keep the direct map (Machine+Ownership).
// Counterpart: xpfo_temp_map and xpfo_temp_unmap of the 2017 and 2019 proposals (never merged); earlier ones have no such helpers.

extension Machine {
    private var hasTemporaryMaps: Bool { rules.has(.exclusiveOwnershipV6) || rules.has(.exclusiveOwnershipV9) }

    /// One step of a temporary use. `ActorField.want` is 1 if the page was mapped for it.
    func stepTemporaryUse(_ call: Call, _ frame: PageFrameNumber, _ state: inout KernelState) -> Bool {
        guard hasTemporaryMaps else { return useAlias(call, frame, &state) }
        switch TemporaryPhase(rawValue: state[.actor(call.actor, .phase)])! {
        case .look:
            let isThere = state[.frame(frame, .ownership)] & ExclusiveOwnership.unmapped.rawValue == 0
            state[.actor(call.actor, .want)] = isThere ? 0 : 1
            return goOn(call, isThere ? .use : .map, &state)
        case .map:
            state[.frame(frame, .kernelMaps)] += 1
            if rules.has(.exclusiveOwnershipV9), state[.frame(frame, .kernelMaps)] == 1 { return goOn(call, .bringBack, &state) }
            restoreAlias(frame, &state)
            return goOn(call, .use, &state)
        case .bringBack:
            restoreAlias(frame, &state)
            return goOn(call, .use, &state)
        case .use: return use(call, frame, &state)
        case .unmap: return unmap(call, frame, &state)
        case .takeAway:
            if state[.frame(frame, .kernelMaps)] == 0 || !rules.has(.guardOwnershipRechecksCount) { removeAlias(frame, &state) }
            return end(call, &state)
        }
    }

    private func goOn(_ call: Call, _ phase: TemporaryPhase, _ state: inout KernelState) -> Bool {
        state[.actor(call.actor, .phase)] = phase.rawValue
        return true
    }

    private func use(_ call: Call, _ frame: PageFrameNumber, _ state: inout KernelState) -> Bool {
        guard isReachable(frame, state) else { return useAlias(call, frame, &state) }
        state[.actor(call.actor, .outcome)] = Outcome.value(state[.frame(frame, .content)]).code
        return goOn(call, .unmap, &state)
    }

    private func unmap(_ call: Call, _ frame: PageFrameNumber, _ state: inout KernelState) -> Bool {
        let isOwn = state[.actor(call.actor, .want)] == 1 || !rules.has(.guardOwnershipTemporaryUnmapsOwn)
        guard isOwn, state[.frame(frame, .kernelMaps)] > 0 else { return end(call, &state) }
        state[.frame(frame, .kernelMaps)] -= 1
        guard state[.frame(frame, .kernelMaps)] == 0 else { return end(call, &state) }
        if rules.has(.exclusiveOwnershipV9) { return goOn(call, .takeAway, &state) }
        removeAlias(frame, &state)
        return end(call, &state)
    }

    private func end(_ call: Call, _ state: inout KernelState) -> Bool {
        finish(call, &state, Outcome(code: state[.actor(call.actor, .outcome)]))
    }
}
