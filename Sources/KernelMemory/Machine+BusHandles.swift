// Machine+BusHandles.swift - handles of the message bus: the right to send to a node, and what they cost.
//
// Owns: who holds a handle of which node; a handle's own charge, which follows the message's; transfer when a message is sent. A handle ends
// with its holder's release or with its node, never by the will of whoever passed it on. Does not: charge messages (Machine+Bus).
// Counterpart: bus1's handle.c and user.c (2016 to 2017, never merged).

extension Machine {
    private func cell(_ field: BusField, _ index: Int) -> Cell { .bus(field.rawValue + index) }

    func handleShare(_ target: Int, _ actor: Int) -> Cell { .bus(BusField.handleShare.rawValue + target * Bounds.peers + actor) }

    /// True if the sender holds handles of the target's living node and of the node that it passes on.
    func reaches(_ operation: Operation, _ state: borrowing KernelState) -> Bool {
        let own = 1 << operation.page.index
        guard state[cell(.destroyed, operation.argument)] == 0, state[cell(.held, operation.argument)] & own != 0 else { return false }
        guard operation.flags.contains(.passesHandle) else { return true }
        return state[cell(.held, operation.pageCount)] & own != 0
    }

    /// The second of the resources that a message may need: room for a handle, at the receiver. Where it is lacking, what was charged before is given back; the last rule of
    /// 2017 gives back what the target has left, and not the actor's share of it.
    func chargeHandle(_ call: Call, _ state: inout KernelState) -> Bool {
        let operation = call.operation
        let (own, target) = (operation.page.index, operation.argument)
        if state[.actor(call.actor, .phase)] == 2 {
            state[handleShare(target, own)] += 1
            state[.actor(call.actor, .phase)] = 3
            return true
        }
        guard state[cell(.handlesRemaining, target)] > 0 else {
            state[handleShare(target, own)] -= 1
            let account = payer(operation)
            state[cell(.remaining, account)] += operation.second
            if !rules.has(.busUserCountRule) { state[.bus(BusField.share.rawValue + account * Bounds.peers + own)] -= operation.second }
            return finish(call, &state, .overQuota)
        }
        state[cell(.handlesRemaining, target)] -= 1
        state[.actor(call.actor, .phase)] = operation.kind == .busRequest && rules.has(.busRequestPaysReply) ? 4 : 5
        return true
    }

    /// The receiver has the handle from the moment of sending; one that it had already costs it nothing.
    func giveHandle(of node: Int, to peer: Int, _ state: inout KernelState) {
        if state[cell(.held, node)] & 1 << peer != 0 {
            state[cell(.handlesRemaining, peer)] += 1
        } else {
            state[cell(.held, node)] |= 1 << peer
            state[cell(.handleCharged, node)] |= 1 << peer
        }
    }

    /// A holder lets go of its handle of the node of peer `argument`.
    func dropHandle(_ call: Call, _ state: inout KernelState) -> Bool {
        let (own, node) = (call.operation.page.index, call.operation.argument)
        guard state[cell(.held, node)] & 1 << own != 0 else { return finish(call, &state, .noSuchNode) }
        state[cell(.held, node)] &= ~(1 << own)
        if state[cell(.handleCharged, node)] & 1 << own != 0 {
            state[cell(.handleCharged, node)] &= ~(1 << own)
            state[cell(.handlesRemaining, own)] += 1
        }
        return finish(call, &state)
    }
}
