// Machine+BusEnd.swift - how nodes and peers of the bus end, and who is told.
//
// Owns: the steps of a node's destruction: it is dead for all at once, then its owner and the holders of its handles are told, one a step;
// those of a peer's departure. A notification lies in the handle that it is about: it is charged to nobody, and a peer gets at most
// one for each handle that it holds, and has paid for. Does not: read notifications (Machine+BusReceive).
// Told are the peers that ask for it, so that scenarios need not speak of what they do not ask.
// Counterpart: bus1's handle.c and peer.c (2016 to 2017, never merged), which tell every holder.

/// Steps of a destruction.
private enum EndPhase: Int {
    case destroy = 0
    /// `ActorField.page` has those who are to be told, as bits.
    case tell
    /// disconnect: what the peer still has, piece by piece.
    case clear
}

extension Machine {
    /// One step of a node's destruction.
    func destroyNode(_ call: Call, _ state: inout KernelState) -> Bool {
        if endNode(call, &state) { return true }
        return finish(call, &state)
    }

    /// Marks the node, then tells of it; false if nobody is left to be told.
    private func endNode(_ call: Call, _ state: inout KernelState) -> Bool {
        let node = call.operation.page.index
        if state[.actor(call.actor, .phase)] == EndPhase.destroy.rawValue {
            let isFirst = state[bus(.destroyed, node)] == 0
            state[bus(.destroyed, node)] = 1
            let concerned = rules.has(.guardBusNotifiesHolders) ? state[bus(.held, node)] : 255
            let listeners = isFirst ? concerned & state[bus(.listeners, 0)] : 0
            guard listeners != 0 else { return false }
            state[.actor(call.actor, .page)] = listeners
            state[.actor(call.actor, .phase)] = EndPhase.tell.rawValue
            return true
        }
        guard state[.actor(call.actor, .phase)] == EndPhase.tell.rawValue else { return false }
        let listeners = state[.actor(call.actor, .page)]
        guard listeners != 0 else { return false }
        state[.actor(call.actor, .page)] = listeners & (listeners - 1)
        return tell(listeners.trailingZeroBitCount, of: node, &state)
    }

    /// Queues a notification. It has its place in the handle; were it charged like a message, a full pool would swallow it.
    private func tell(_ peer: Int, of node: Int, _ state: inout KernelState) -> Bool {
        let user = PeerID(state[bus(.user, peer)])
        guard rules.has(.guardBusNotificationReserved) || state.busRemaining(user, .slices) > 0 else { return true }
        return append(BusMessage(notificationOf: node), to: peer, &state)
    }

    /// True unless the receiver has let go of the handle since.
    func stillConcerns(_ notification: BusMessage, _ peer: Int, _ state: borrowing KernelState) -> Bool {
        guard rules.has(.guardBusNotifiesHolders) else { return true }
        return state[bus(.held, notification.sender)] & 1 << peer != 0
    }

    // MARK: Leave

    /// The peer goes: its node first, as above; then its messages, unread, its slices and its handles, one a step.
    func disconnect(_ call: Call, _ state: inout KernelState) -> Bool {
        let own = call.operation.page.index
        if state[.actor(call.actor, .phase)] != EndPhase.clear.rawValue {
            if !endNode(call, &state) { state[.actor(call.actor, .phase)] = EndPhase.clear.rawValue }
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
        guard rules.has(.guardBusDropsDischarge), !message.isNotification else { return }
        let account = account(message, at: peer, state)
        for resource in BusResource.allCases {
            settleAll(account, resource, message.amount(resource), &state)
            if resource != .handles || account.peer != peer { creditAll(account, resource, message.amount(resource), &state) }
        }
    }
}
