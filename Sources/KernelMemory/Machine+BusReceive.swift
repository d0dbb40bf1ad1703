// Machine+BusReceive.swift - reading messages of the bus, and giving slices of the pool back.
//
// Owns: the steps of a receive, what ends with it, what ends with a release. Does not: put messages into queues (Machine+Bus).
// Locking: one receive at a time at a peer; the queue itself may grow meanwhile.
// Counterpart: bus1's peer.c, bus1_peer_ioctl_recv (2016 to 2017, never merged).

/// Steps of a receive.
private enum ReceivePhase: Int {
    /// Looks at the first message, which stays in the queue: what it carries is handed out first.
    case look = 0
    case remove
}

extension Machine {
    /// One step of a receive. Nothing in it can fail: what the message needs was charged when it was sent.
    func stepReceive(_ call: Call, _ state: inout KernelState) -> Bool {
        switch ReceivePhase(rawValue: state[.actor(call.actor, .phase)])! {
        case .look: return lookAtFirst(call, &state)
        case .remove: return removeFirst(call, &state)
        }
    }

    private func lookAtFirst(_ call: Call, _ state: inout KernelState) -> Bool {
        let own = call.operation.page.index
        guard state[bus(.queued, own)] > 0 else { return false }
        if rules.has(.guardBusReceivesOneByOne), isBeingRead(own, state) { return false }
        let message = message(at: 0, of: own, state)
        if message.isNotification, !stillConcerns(message, own, state) {
            _ = takeFirst(of: own, &state)
            return true
        }
        state[.actor(call.actor, .want)] = message.code
        state[.actor(call.actor, .phase)] = ReceivePhase.remove.rawValue
        return true
    }

    private func isBeingRead(_ peer: Int, _ state: borrowing KernelState) -> Bool {
        for index in 0..<actorCount where state[.actor(ActorID(index), .phase)] == ReceivePhase.remove.rawValue {
            guard let operation = operation(of: ActorID(index), in: state) else { continue }
            if operation.kind == .busReceive, operation.page.index == peer { return true }
        }
        return false
    }

    /// The first message goes. The sender's share ends here, and so does the charge for bytes and descriptors; that for the slice when the
    /// receiver releases it. Where the sender pays, all of it ends here.
    private func removeFirst(_ call: Call, _ state: inout KernelState) -> Bool {
        let own = call.operation.page.index
        let seen = BusMessage(code: state[.actor(call.actor, .want)], bytes: 0, descriptors: 0)
        if state[bus(.queued, own)] > 0 { end(takeFirst(of: own, &state), at: own, &state) }
        state[bus(.received, own)] += 1
        if seen.isNotification { return finish(call, &state, .nodeDestroyed) }
        return finish(call, &state, .value(seen.sender))
    }

    private func end(_ message: BusMessage, at own: Int, _ state: inout KernelState) {
        if message.isNotification {
            state[bus(.told, own)] |= 1 << message.sender
            return
        }
        let account = account(message, at: own, state)
        for resource in BusResource.allCases {
            settleAll(account, resource, message.amount(resource), &state)
            let ends = resource == .bytes || resource == .descriptors || account.peer != own
            if ends { creditAll(account, resource, message.amount(resource), &state) }
        }
        state[bus(account.peer == own ? .unreleased : .unreleasedForeign, own)] += 1
    }

    // MARK: Release

    /// Gives a slice of the pool back.
    func release(_ call: Call, _ state: inout KernelState) -> Bool {
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

    func releaseOwn(_ own: Int, _ state: inout KernelState) {
        state[bus(.unreleased, own)] -= 1
        creditAll(BusAccount(user: state[bus(.user, own)], peer: own, actor: 0), .slices, 1, &state)
    }
}
