// Machine+Bus.swift - a kernel message bus: sending, receiving, releasing, leaving.
//
// Owns: the steps of a send (each resource's counters one by one, then the queue), what is given back when a message is received, released or
// dropped. Does not: decide what a quota rule allows (Machine+BusQuota), keep handles (Machine+BusHandles).
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
        case .busReceive: return receive(call, &state)
        case .busRelease: return release(call, &state)
        case .busDrop: return dropHandle(call, &state)
        case .busDisconnect: return disconnect(call, &state)
        default:
            state[bus(.destroyed, call.operation.page.index)] = 1
            return finish(call, &state)
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
        let place = state[bus(.queued, target)]
        guard place < BusField.queueLength else {
            state[.global(.outOfFrames)] = 1
            return false
        }
        put(message, at: place, of: target, &state)
        state[bus(.queued, target)] = place + 1
        if message.carriesHandle { giveHandle(of: call.operation.pageCount, to: target, message, &state) }
        if message.isRequest, rules.has(.busRequestPaysReply) {
            state[bus(.paidReplies, message.sender * Bounds.peers + target)] += 1
            state[bus(.paidBytes, message.sender * Bounds.peers + target)] += message.bytes
        }
        return finish(call, &state)
    }

    private func put(_ message: BusMessage?, at place: Int, of peer: Int, _ state: inout KernelState) {
        let index = peer * BusField.queueLength + place
        state[bus(.queueSender, index)] = message?.code ?? 0
        state[bus(.queueBytes, index)] = message?.bytes ?? 0
        state[bus(.queueDescriptors, index)] = message?.descriptors ?? 0
    }

    private func message(at place: Int, of peer: Int, _ state: borrowing KernelState) -> BusMessage {
        let index = peer * BusField.queueLength + place
        return BusMessage(
            code: state[bus(.queueSender, index)], bytes: state[bus(.queueBytes, index)], descriptors: state[bus(.queueDescriptors, index)])
    }

    /// Takes the first message out of a queue that has one.
    private func takeFirst(of peer: Int, _ state: inout KernelState) -> BusMessage {
        let first = message(at: 0, of: peer, state)
        let queued = state[bus(.queued, peer)]
        for place in 1..<queued { put(message(at: place, of: peer, state), at: place - 1, of: peer, &state) }
        put(nil, at: queued - 1, of: peer, &state)
        state[bus(.queued, peer)] = queued - 1
        return first
    }

    // MARK: Receive

    /// Takes the first message: there is nothing left that could fail. The sender's share ends here, and so does the charge for bytes and
    /// descriptors; that for the slice when the receiver releases it. Where the sender pays, all of it ends here.
    private func receive(_ call: Call, _ state: inout KernelState) -> Bool {
        let own = call.operation.page.index
        guard state[bus(.queued, own)] > 0 else { return false }
        let message = takeFirst(of: own, &state)
        let account = account(message, at: own, state)
        for resource in BusResource.allCases {
            settleAll(account, resource, message.amount(resource), &state)
            let ends = resource == .bytes || resource == .descriptors || account.peer != own
            if ends { creditAll(account, resource, message.amount(resource), &state) }
        }
        state[bus(account.peer == own ? .unreleased : .unreleasedForeign, own)] += 1
        state[bus(.received, own)] += 1
        return finish(call, &state, .value(message.sender))
    }

    /// Gives a slice of the pool back.
    private func release(_ call: Call, _ state: inout KernelState) -> Bool {
        let own = call.operation.page.index
        if state[bus(.unreleased, own)] > 0 {
            releaseOwn(own, &state)
            return finish(call, &state)
        }
        // What somebody else paid for was given back when the message was received.
        guard state[bus(.unreleasedForeign, own)] > 0 else { return finish(call, &state, .noEntry) }
        state[bus(.unreleasedForeign, own)] -= 1
        return finish(call, &state)
    }

    private func releaseOwn(_ own: Int, _ state: inout KernelState) {
        state[bus(.unreleased, own)] -= 1
        creditAll(BusAccount(user: state[bus(.user, own)], peer: own, actor: 0), .slices, 1, &state)
    }

    // MARK: Leave

    /// The peer goes: its node first; then its messages, unread, its slices and its handles, one a step.
    private func disconnect(_ call: Call, _ state: inout KernelState) -> Bool {
        let own = call.operation.page.index
        if state[.actor(call.actor, .phase)] == 0 {
            state[bus(.destroyed, own)] = 1
            state[.actor(call.actor, .phase)] = 1
            return true
        }
        if state[bus(.queued, own)] > 0 {
            drop(takeFirst(of: own, &state), of: own, &state)
            return true
        }
        if state[bus(.unreleased, own)] > 0 {
            releaseOwn(own, &state)
            return true
        }
        state[bus(.unreleasedForeign, own)] = 0
        for node in 0..<Bounds.peers where state[bus(.held, node)] & 1 << own != 0 {
            letGo(own, of: node, &state)
            return true
        }
        for requester in 0..<Bounds.peers where state[bus(.paidReplies, requester * Bounds.peers + own)] > 0 {
            returnPaidReplies(of: requester, by: own, &state)
        }
        return finish(call, &state)
    }

    /// A message that nobody will read: everything that it was charged is given back. Its handle, if it has one, is the receiver's already.
    private func drop(_ message: BusMessage, of peer: Int, _ state: inout KernelState) {
        guard rules.has(.guardBusDropsDischarge) else { return }
        let account = account(message, at: peer, state)
        for resource in BusResource.allCases {
            settleAll(account, resource, message.amount(resource), &state)
            if resource != .handles || account.peer != peer { creditAll(account, resource, message.amount(resource), &state) }
        }
    }
}
