// PinPlan.swift - how a lookup of user pages is asked for.
//
// Owns: the flags of a get_user_pages or pin_user_pages call, and how each era's memory registration chooses them.
// Counterpart in Linux: FOLL_* flags, ib_umem_get.

/// How a lookup of user pages is asked for.
struct PinPlan {
    /// FOLL_WRITE.
    var write = false
    /// FOLL_FORCE.
    var force = false
    var longterm = false
    /// FOLL_PIN; without, FOLL_GET.
    var pin = true
    var fast = false
    /// FOLL_PCI_P2PDMA.
    var peerToPeer = false
    /// The owner gave up later writes: take what is mapped.
    var gift = false
}

extension Machine {
    /// What the operation asks for at `page`.
    func plan(_ call: Call, _ page: PageNumber, _ state: KernelState) -> PinPlan {
        var plan = call.operation.kind == .pin ? barePlan(call.operation) : registrationPlan(call, page, state)
        let area = state.areaFlags(call.process, page)
        let breaksSharing = rules.has(.lookupBreaksSharing) && area.contains(.mayWrite) && !state.mapping(call.process, page).isShared
        if breaksSharing, !plan.write {
            // 5.8: every lookup in a private writable mapping becomes a write lookup, whatever the area's own right.
            plan.write = true
            plan.force = true
        }
        return plan
    }

    private func barePlan(_ operation: Operation) -> PinPlan {
        let flags = operation.flags
        if flags.contains(.fixedBuffer) { return PinPlan(write: true, longterm: true, pin: rules.has(.pinCounting), fast: true) }
        return PinPlan(
            write: flags.contains(.write), force: flags.contains(.force), longterm: flags.contains(.longterm),
            pin: !flags.contains(.plain) && rules.has(.pinCounting), fast: flags.contains(.fast),
            peerToPeer: flags.contains(.peerToPeer))
    }

    private func registrationPlan(_ call: Call, _ page: PageNumber, _ state: KernelState) -> PinPlan {
        let writable = isWritable(call.operation.flags)
        var plan = PinPlan(write: true, force: !writable, longterm: rules.has(.longtermRefusesDirectAccess))
        plan.pin = rules.has(.pinCounting)
        plan.fast = rules.has(.registrationUsesFastLookup)
        plan.peerToPeer = rules.has(.longtermPeerToPeer)
        let areaOf = { (page: PageNumber) in AreaFlags(rawValue: 0).union(state.areaFlags(call.process, page)) }
        if rules.has(.registrationWritesByAccess) { (plan.write, plan.force) = (writable, false) }
        if rules.has(.driverPinsForWrite) { (plan.write, plan.force) = (true, false) }
        if rules.has(.registration2013AsSent) { (plan.write, plan.force) = (!writable, true) }
        if rules.has(.registration2013AsCorrected) { (plan.write, plan.force) = (writable, true) }
        if rules.has(.registrationByFirstArea) {
            (plan.write, plan.force) = (writable || areaOf(call.operation.page).contains(.write), false)
        }
        if rules.has(.lookupFollowsArea) { (plan.write, plan.force) = (writable || areaOf(page).contains(.write), false) }
        if rules.has(.giftFlag), call.operation.flags.contains(.gift), !writable {
            (plan.write, plan.force, plan.gift) = (false, false, true)
        }
        return plan
    }
}
