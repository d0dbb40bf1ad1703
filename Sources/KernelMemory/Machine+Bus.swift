// Machine+Bus.swift - a kernel message bus: who is charged for a message until it is read and released.
//
// Owns: the three quota rules of the receiver's account, sender accounting, and requests that pay for their reply.
// A charge is its separate counters, one a step: the actor's share at the target, the target's remainder, the queue.
// Counterpart: bus1's user.c and message.c (2016 to 2017, never merged).

/// Steps of a send.
private enum SendPhase: Int {
    case share = 0
    case remainder
    case handleShare
    case handleRemainder
    case reply
    case enqueue
}

extension Machine {
    private func bus(_ field: BusField, _ index: Int) -> Cell { .bus(field.rawValue + index) }

    private func share(_ target: Int, _ actor: Int) -> Cell { .bus(BusField.share.rawValue + target * Bounds.peers + actor) }

    /// One step of a bus operation. `page` is the acting peer, `argument` the other one, `second` the charge of the message.
    func stepBus(_ call: Call, _ state: inout KernelState) -> Bool {
        switch call.operation.kind {
        case .busSend, .busRequest, .busReply: return stepSend(call, &state)
        case .busReceive: return receive(call, &state)
        case .busRelease: return release(call, &state)
        case .busDrop: return dropHandle(call, &state)
        default:
            state[bus(.destroyed, call.operation.page.index)] = 1
            return finish(call, &state)
        }
    }

    /// Whose account pays for the message.
    func payer(_ operation: Operation) -> Int {
        rules.has(.busSenderPays) ? operation.page.index : operation.argument
    }

    private func stepSend(_ call: Call, _ state: inout KernelState) -> Bool {
        let operation = call.operation
        switch SendPhase(rawValue: state[.actor(call.actor, .phase)])! {
        case .share:
            if !reaches(operation, state) { return finish(call, &state, .noSuchNode) }
            // A reply that its request has paid for is charged to nobody.
            if operation.kind == .busReply, rules.has(.busRequestPaysReply) { return goOn(call, .enqueue, &state) }
            noteUser(operation.page.index, at: payer(operation), &state)
            state[share(payer(operation), operation.page.index)] += operation.second
            return goOn(call, .remainder, &state)
        case .remainder: return chargeRemainder(call, &state)
        case .handleShare, .handleRemainder: return chargeHandle(call, &state)
        case .reply: return chargeReply(call, &state)
        case .enqueue: return enqueue(call, &state)
        }
    }

    private func goOn(_ call: Call, _ phase: SendPhase, _ state: inout KernelState) -> Bool {
        state[.actor(call.actor, .phase)] = phase.rawValue
        return true
    }

    private func noteUser(_ user: Int, at target: Int, _ state: inout KernelState) {
        guard state[bus(.seen, target)] & 1 << user == 0 else { return }
        state[bus(.seen, target)] |= 1 << user
        state[bus(.seenCount, target)] += 1
    }

    /// add_if_ge of the target's remainder: what the rule wants to be left decides.
    private func chargeRemainder(_ call: Call, _ state: inout KernelState) -> Bool {
        let operation = call.operation
        let target = payer(operation)
        let ownShare = state[share(target, operation.page.index)]
        let needed = required(ownShare, operation.second, users: state[bus(.seenCount, target)])
        let suffices = state[bus(.remaining, target)] >= max(needed, operation.second)
        guard suffices || !rules.has(.guardBusTestsRemainder) else {
            state[share(target, operation.page.index)] -= operation.second
            return finish(call, &state, .overQuota)
        }
        state.subtract(operation.second, from: bus(.remaining, target))
        if state[bus(.remaining, target)] == 0 { state[.global(.exhausted)] = 1 }
        return goOn(call, operation.flags.contains(.passesHandle) ? .handleShare : afterCharges(operation), &state)
    }

    private func afterCharges(_ operation: Operation) -> SendPhase {
        operation.kind == .busRequest && rules.has(.busRequestPaysReply) ? .reply : .enqueue
    }

    /// What the target must have left before the charge. `share` includes the charge already.
    private func required(_ share: Int, _ charge: Int, users: Int) -> Int {
        if rules.has(.busHalfRule) { return share - charge + 2 * charge }
        if rules.has(.busOverReservingRule) { return share + 2 * charge }
        if rules.has(.busUserCountRule) { return share * users }
        return charge
    }

    /// The requester pays for the reply's room in its own account before the request goes out.
    private func chargeReply(_ call: Call, _ state: inout KernelState) -> Bool {
        let own = call.operation.page.index
        guard state[bus(.remaining, own)] >= call.operation.second else {
            let target = payer(call.operation)
            state[share(target, own)] -= call.operation.second
            state[bus(.remaining, target)] += call.operation.second
            return finish(call, &state, .overQuota)
        }
        state[bus(.remaining, own)] -= call.operation.second
        return goOn(call, .enqueue, &state)
    }

    private func enqueue(_ call: Call, _ state: inout KernelState) -> Bool {
        let target = call.operation.argument
        let place = state[bus(.queued, target)]
        guard place < 4 else { return finish(call, &state, .overQuota) }
        let isReply = call.operation.kind == .busReply
        let passes = call.operation.flags.contains(.passesHandle)
        state[.bus(BusField.queue.rawValue + target * 4 + place)] = call.operation.page.index + 1 + (isReply ? 16 : 0) + (passes ? 32 : 0)
        if passes { giveHandle(of: call.operation.pageCount, to: target, &state) }
        state[bus(.queued, target)] = place + 1
        return finish(call, &state)
    }

    /// Takes the first message: there is nothing left that could fail. The sender's share ends here, the receiver's room when it
    /// releases the message.
    private func receive(_ call: Call, _ state: inout KernelState) -> Bool {
        let own = call.operation.page.index
        let queued = state[bus(.queued, own)]
        guard queued > 0 else { return false }
        let head = BusField.queue.rawValue + own * 4
        let code = state[.bus(head)] - 1
        let sender = code % 16
        if code >= 32, state[handleShare(own, sender)] > 0 { state[handleShare(own, sender)] -= 1 }
        for place in 0..<3 { state[.bus(head + place)] = state[.bus(head + place + 1)] }
        state[.bus(head + 3)] = 0
        state[bus(.queued, own)] = queued - 1
        let account = rules.has(.busSenderPays) ? sender : own
        let settled = min(state[share(account, sender)], call.operation.second)
        state[share(account, sender)] -= settled
        if rules.has(.busSenderPays) { state[bus(.remaining, sender)] += settled }
        state[bus(.unreleased, own)] += call.operation.second
        state[bus(.received, own)] += 1
        return finish(call, &state, .value(sender))
    }

    private func release(_ call: Call, _ state: inout KernelState) -> Bool {
        let own = call.operation.page.index
        guard state[bus(.unreleased, own)] >= call.operation.second else { return finish(call, &state, .noEntry) }
        state[bus(.unreleased, own)] -= call.operation.second
        if !rules.has(.busSenderPays) { state[bus(.remaining, own)] += call.operation.second }
        return finish(call, &state)
    }
}
