// Machine+BusQuota.swift - who pays for a message, and what a quota rule allows.
//
// Owns: the three rules of the receiver's account, plain limits, sender accounting, and requests that pay for their reply; the counters.
// An account has two levels, the user's and the peer's own; the rules of 2017 look at the user's alone.
// Counterpart: bus1's user.c (2016 to 2017, never merged).

extension Machine {
    /// True if peers have quotas of their own beside their user's.
    var hasPeerQuota: Bool { !rules.has(.busOverReservingRule) && !rules.has(.busUserCountRule) }

    /// Whose account a message to `target` is charged to.
    func account(_ message: BusMessage, at target: Int, _ state: borrowing KernelState) -> BusAccount {
        let senderPays = rules.has(.busSenderPays) || message.isRequest && rules.has(.busRequestPaysReply)
        let peer = senderPays ? message.sender : target
        let actor = message.isPaidReply ? target : message.sender
        return BusAccount(user: state[bus(.user, peer)], peer: peer, actor: state[bus(.user, actor)])
    }

    func noteUser(_ account: BusAccount, _ state: inout KernelState) {
        guard state[bus(.seen, account.user)] & 1 << account.actor == 0 else { return }
        state[bus(.seen, account.user)] |= 1 << account.actor
        state[bus(.seenCount, account.user)] += 1
    }

    // MARK: Shares

    private func share(_ field: BusField, _ account: BusAccount, _ resource: BusResource) -> Cell {
        let target = field == .share ? account.user : account.peer
        return bus(field, (target * Bounds.peers + account.actor) * BusResource.allCases.count + resource.rawValue)
    }

    /// Adds to what the actor has in flight; false, with nothing added, if the counter would overflow.
    @discardableResult
    func addShare(_ field: BusField, _ account: BusAccount, _ resource: BusResource, _ amount: Int, _ state: inout KernelState) -> Bool {
        let cell = share(field, account, resource)
        guard state[cell] + amount <= 255 else { return false }
        state[cell] += amount
        return true
    }

    /// What was in flight is not any more.
    func settle(_ field: BusField, _ account: BusAccount, _ resource: BusResource, _ amount: Int, _ state: inout KernelState) {
        let cell = share(field, account, resource)
        state[cell] -= min(state[cell], amount)
    }

    func settleAll(_ account: BusAccount, _ resource: BusResource, _ amount: Int, _ state: inout KernelState) {
        settle(.share, account, resource, amount, &state)
        if hasPeerQuota { settle(.peerShare, account, resource, amount, &state) }
    }

    // MARK: Remainders

    private func remainder(_ field: BusField, _ account: BusAccount, _ resource: BusResource) -> Cell {
        bus(field, (field == .remaining ? account.user : account.peer) * BusResource.allCases.count + resource.rawValue)
    }

    /// add_if_ge: test and subtraction are one step. False if the rule wants more to be left.
    func takeRemainder(
        _ field: BusField, _ account: BusAccount, _ resource: BusResource, _ amount: Int, _ state: inout KernelState
    ) -> Bool {
        let ownShare = state[share(field == .remaining ? .share : .peerShare, account, resource)]
        let needed = required(ownShare, amount, users: state[bus(.seenCount, account.user)])
        let cell = remainder(field, account, resource)
        guard state[cell] >= max(needed, amount) || !rules.has(.guardBusTestsRemainder) else { return false }
        state.subtract(amount, from: cell)
        if state[cell] == 0, amount > 0 { state[.global(.exhausted)] = 1 }
        return true
    }

    /// What the target must have left before the charge. `share` includes the charge already.
    private func required(_ share: Int, _ charge: Int, users: Int) -> Int {
        if rules.has(.busHalfRule) { return share - charge + 2 * charge }
        if rules.has(.busOverReservingRule) { return share + 2 * charge }
        if rules.has(.busUserCountRule) { return share * users }
        return charge
    }

    func credit(_ field: BusField, _ account: BusAccount, _ resource: BusResource, _ amount: Int, _ state: inout KernelState) {
        let cell = remainder(field, account, resource)
        state[cell] = min(255, state[cell] + amount)
    }

    func creditAll(_ account: BusAccount, _ resource: BusResource, _ amount: Int, _ state: inout KernelState) {
        credit(.remaining, account, resource, amount, &state)
        if hasPeerQuota { credit(.peerRemaining, account, resource, amount, &state) }
    }

    // MARK: Replies paid for

    /// A reply that its request has paid for is charged to nobody: takes it from what is paid for. False if nothing is.
    func takesPaidReply(_ operation: Operation, _ state: inout KernelState) -> Bool {
        let index = operation.argument * Bounds.peers + operation.page.index
        guard operation.kind == .busReply, rules.has(.busRequestPaysReply), state[bus(.paidReplies, index)] > 0,
            state[bus(.paidBytes, index)] >= operation.second
        else { return false }
        state[bus(.paidReplies, index)] -= 1
        state[bus(.paidBytes, index)] -= operation.second
        return true
    }

    /// The agent is gone and will not reply: the requester gets back what it paid for replies.
    func returnPaidReplies(of requester: Int, by agent: Int, _ state: inout KernelState) {
        let index = requester * Bounds.peers + agent
        let user = state[bus(.user, requester)]
        let account = BusAccount(user: user, peer: requester, actor: user)
        for (resource, amount) in [(BusResource.slices, state[bus(.paidReplies, index)]), (.bytes, state[bus(.paidBytes, index)])] {
            settleAll(account, resource, amount, &state)
            creditAll(account, resource, amount, &state)
        }
        state[bus(.paidReplies, index)] = 0
        state[bus(.paidBytes, index)] = 0
    }
}
