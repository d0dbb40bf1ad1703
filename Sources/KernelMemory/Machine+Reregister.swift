// Machine+Reregister.swift - a live region gets other rights, or other memory.
//
// Owns: the order: the new memory is charged and held like that of a registration, by a holder of its own; the key changes over in one step;
// the old memory is let go of like that of a deregistration. Both are charged for a while. Does not: repeat those two.
// Counterpart in Linux: uverbs REREG_MR, ib_umem_check_rereg, an adapter's rereg_user_mr.

extension Machine {
    /// One step of `reregister`. With other memory `region` is the holder that is put together, `original` the region that changes.
    func stepReregister(_ call: Call, _ state: inout KernelState) -> Bool {
        guard call.operation.flags.contains(.otherMemory) else { return changeRights(call, &state) }
        switch PinPhase(rawValue: state[.actor(call.actor, .phase)])! {
        case .begin: return beginReplacement(call, &state)
        case .publish: return replace(call, &state)
        case .releaseReplaced:
            guard stepRelease(call.operation.region, by: call, &state) else { return false }
            return state.life(call.operation.region) == .none ? finish(call, &state) : true
        default: return stepRegister(call, &state)
        }
    }

    /// REREG_ACCESS: new rights for the pages that are already held.
    private func changeRights(_ call: Call, _ state: inout KernelState) -> Bool {
        let region = call.operation.region
        guard state.life(region) == .live else { return finish(call, &state, .invalid) }
        let held = state.access(region)
        if let refusal = reregistrationRefusal(call.operation, held) { return finish(call, &state, refusal) }
        let granted = access(call.operation.flags).subtracting(.pinnedForWrite)
        state[.region(region, .access)] = granted.union(held.intersection(.pinnedForWrite)).rawValue
        return finish(call, &state)
    }

    /// REREG_TRANS and REREG_ACCESS. Nothing of the live region changes before the new memory is held.
    private func beginReplacement(_ call: Call, _ state: inout KernelState) -> Bool {
        let original = call.operation.original
        guard state.life(original) == .live, state.kind(original) == .memoryRegion else { return finish(call, &state, .invalid) }
        if hasWindows(original, state) { return finish(call, &state, .busy) }
        if let refusal = registrationRefusal(call.operation) { return finish(call, &state, refusal) }
        if forbidsLocking(call.process, state) { return finish(call, &state, .notPermitted) }
        guard open(call, .memoryRegion, &state) else { return finish(call, &state, .busy) }
        setPhase(call, .charge, &state)
        return charge(call, &state)
    }

    /// The key means the new memory from here on; the other holder has the old one.
    private func replace(_ call: Call, _ state: inout KernelState) -> Bool {
        let (fresh, original) = (call.operation.region, call.operation.original)
        guard state.life(original) == .live else { return failPin(call, .invalid, &state) }
        for field in [RegionField.access, .owner, .chargedPages, .firstPage, .pageCount] {
            state.exchange(.region(fresh, field), .region(original, field))
        }
        for slot in 0..<Bounds.pages {
            for field in SlotField.allCases { state.exchange(.slot(fresh, slot, field), .slot(original, slot, field)) }
        }
        state[.region(fresh, .life)] = RegionLife.invalidated.rawValue
        setPhase(call, .releaseReplaced, &state)
        return true
    }

    /// The region whose former memory this holder has while it is let go of.
    func original(of holder: RegionID) -> RegionID? {
        operations.first { $0.kind == .reregister && $0.flags.contains(.otherMemory) && $0.region == holder }?.original
    }

    /// True while the region's memory is being replaced: other calls on it fail.
    func isBeingReplaced(_ region: RegionID, _ state: borrowing KernelState) -> Bool {
        for index in 0..<actorCount where state[.actor(ActorID(index), .phase)] != 0 {
            guard let operation = operation(of: ActorID(index), in: state), operation.kind == .reregister else { continue }
            if operation.flags.contains(.otherMemory), operation.original == region { return true }
        }
        return false
    }
}
