// Machine+Bus.swift - a kernel message bus: sending.
//
// Owns: the steps of a send: each resource's counters one by one, then the queue. Does not: decide what a quota rule allows
// (Machine+BusQuota), keep handles (Machine+BusHandles), read messages (Machine+BusReceive), end nodes and peers (Machine+BusEnd).
// Counterpart: bus1's message.c, peer.c and user.c (2016 to 2017, never merged).

/// Steps of a send. The first four are made for each resource in turn.
private enum SendPhase: Int {
    case share = 0
    case remainder
    case peerShare
    case peerRemainder
    case enqueue
    /// Gives back what was charged so far, resource by resource.
    case undo
}

extension Machine {
    func bus(_ field: BusField, _ index: Int) -> Cell { .bus(field.rawValue + index) }

    /// One step of a bus operation. `page` is the acting peer, `argument` the other one, `second` the bytes of the message.
    func stepBus(_ call: Call, _ state: inout KernelState) -> Bool {
        switch call.operation.kind {
        case .busSend, .busRequest, .busReply: return stepSend(call, &state)
        case .busReceive: return stepReceive(call, &state)
        case .busRelease: return release(call, &state)
        case .busDrop: return dropHandle(call, &state)
        case .busDisconnect: return disconnect(call, &state)
        default: return destroyNode(call, &state)
        }
    }

    // MARK: Send

    private func stepSend(_ call: Call, _ state: inout KernelState) -> Bool {
        let phase = SendPhase(rawValue: state[.actor(call.actor, .phase)])!
        switch phase {
        case .enqueue: return enqueue(call, &state)
        case .undo: return undo(call, &state)
        case .share, .remainder, .peerShare, .peerRemainder: break
        }
        let resource = BusResource(rawValue: state[.actor(call.actor, .page)])!
        if phase == .share, resource == .slices {
            if !reaches(call.operation, state) { return finish(call, &state, .noSuchNode) }
            if takesPaidReply(call.operation, &state) {
                state[.actor(call.actor, .want)] = 1
                return goOn(call, .enqueue, &state)
            }
        }
        let account = account(message(call, state), at: call.operation.argument, state)
        let amount = charged(call, resource, state)
        switch phase {
        case .share: return chargeShare(call, account, resource, amount, &state)
        case .remainder: return chargeRemainder(call, account, resource, amount, &state)
        case .peerShare:
            addShare(.peerShare, account, resource, amount, &state)
            return goOn(call, .peerRemainder, &state)
        default: return chargePeer(call, account, resource, amount, &state)
        }
    }

    private func goOn(_ call: Call, _ phase: SendPhase, _ state: inout KernelState) -> Bool {
        state[.actor(call.actor, .phase)] = phase.rawValue
        return true
    }

    private func message(_ call: Call, _ state: borrowing KernelState) -> BusMessage {
        BusMessage(operation: call.operation, isPaidReply: state[.actor(call.actor, .want)] == 1)
    }

    /// What the send takes of a resource: a request that pays for its reply takes everything but handles and descriptors twice.
    private func charged(_ call: Call, _ resource: BusResource, _ state: borrowing KernelState) -> Int {
        let amount = message(call, state).amount(resource)
        let pays = call.operation.kind == .busRequest && rules.has(.busRequestPaysReply)
        return pays && (resource == .slices || resource == .bytes) ? 2 * amount : amount
    }

    private func chargeShare(
        _ call: Call, _ account: BusAccount, _ resource: BusResource, _ amount: Int, _ state: inout KernelState
    ) -> Bool {
        noteUser(account, &state)
        guard addShare(.share, account, resource, amount, &state) else { return fail(call, .overQuota, before: resource, &state) }
        return goOn(call, .remainder, &state)
    }

    private func chargeRemainder(
        _ call: Call, _ account: BusAccount, _ resource: BusResource, _ amount: Int, _ state: inout KernelState
    ) -> Bool {
        guard takeRemainder(.remaining, account, resource, amount, &state) else {
            settle(.share, account, resource, amount, &state)
            return fail(call, .overQuota, before: resource, &state)
        }
        if hasPeerQuota { return goOn(call, .peerShare, &state) }
        return nextResource(call, after: resource, &state)
    }

    private func chargePeer(
        _ call: Call, _ account: BusAccount, _ resource: BusResource, _ amount: Int, _ state: inout KernelState
    ) -> Bool {
        guard takeRemainder(.peerRemaining, account, resource, amount, &state) else {
            settle(.peerShare, account, resource, amount, &state)
            settle(.share, account, resource, amount, &state)
            credit(.remaining, account, resource, amount, &state)
            return fail(call, .overQuota, before: resource, &state)
        }
        return nextResource(call, after: resource, &state)
    }

    /// Goes to the next resource that the message takes something of.
    private func nextResource(_ call: Call, after resource: BusResource, _ state: inout KernelState) -> Bool {
        for next in BusResource.allCases where next.rawValue > resource.rawValue && charged(call, next, state) > 0 {
            state[.actor(call.actor, .page)] = next.rawValue
            return goOn(call, .share, &state)
        }
        return goOn(call, .enqueue, &state)
    }

    /// The send ends with `outcome`, after what was charged for the resources before this one is given back.
    private func fail(_ call: Call, _ outcome: Outcome, before resource: BusResource?, _ state: inout KernelState) -> Bool {
        state[.actor(call.actor, .outcome)] = outcome.code
        let last = (resource?.rawValue ?? BusResource.allCases.count) - 1
        guard last >= 0, rules.has(.guardBusChargeUndone) else { return finish(call, &state, outcome) }
        state[.actor(call.actor, .page)] = last
        return goOn(call, .undo, &state)
    }

    /// Gives one resource back. Where a later one is lacking, the last rule of 2017 gives back what the target has left, and forgets the
    /// actor's share of it.
    private func undo(_ call: Call, _ state: inout KernelState) -> Bool {
        let resource = BusResource(rawValue: state[.actor(call.actor, .page)])!
        let account = account(message(call, state), at: call.operation.argument, state)
        let amount = charged(call, resource, state)
        credit(.remaining, account, resource, amount, &state)
        let isRefused = state[.actor(call.actor, .outcome)] == Outcome.overQuota.code
        if !isRefused || !rules.has(.busUserCountRule) { settle(.share, account, resource, amount, &state) }
        if hasPeerQuota {
            credit(.peerRemaining, account, resource, amount, &state)
            settle(.peerShare, account, resource, amount, &state)
        }
        guard resource != .slices else { return finish(call, &state, Outcome(code: state[.actor(call.actor, .outcome)])) }
        state[.actor(call.actor, .page)] = resource.rawValue - 1
        return true
    }

    /// Puts the message into the queue, unless the target has gone while it was paid for.
    private func enqueue(_ call: Call, _ state: inout KernelState) -> Bool {
        let target = call.operation.argument
        let message = message(call, state)
        if state[bus(.destroyed, target)] == 1, rules.has(.guardBusEnqueueRechecks) {
            return message.isPaidReply ? finish(call, &state, .noSuchNode) : fail(call, .noSuchNode, before: nil, &state)
        }
        guard append(message, to: target, &state) else { return false }
        if message.carriesHandle { giveHandle(of: call.operation.pageCount, to: target, message, &state) }
        if message.isRequest, rules.has(.busRequestPaysReply) {
            state[bus(.paidReplies, message.sender * Bounds.peers + target)] += 1
            state[bus(.paidBytes, message.sender * Bounds.peers + target)] += message.bytes
        }
        return finish(call, &state)
    }
}
