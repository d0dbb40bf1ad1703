// Oracle.swift - what the specification says an exchange comes to.
//
// Source: IBA volume 1, 9.7.4 (how a responder checks a request, in this order: may the queue pair respond, does it have
// the operation, the key, the alignment), 9.9.2.4 (what the initiator sees), 9.9.3 (what the responder does, by classes of
// faults), 10.3.1 (states), 10.6.3.5 (zero-length operations look at no key), 11.6.2 (completion statuses).

/// What the specification says an exchange comes to. An exchange with two faults of its own at once is never asked.
enum Oracle {
    static func outcome(_ exchange: Exchange, mtu: Int) -> Outcome {
        if let local = localFault(exchange) { return initiatorFails(exchange, local) }
        if exchange.kind == .datagram, exchange.isHandleOfOtherDomain { return initiatorFails(exchange, .localOperation) }
        if !reaches(exchange, mtu: mtu) { return lost(exchange, .retriesExceeded) }
        return exchange.opcode.isSend ? send(exchange) : oneSided(exchange)
    }

    // MARK: The initiator's own checks

    private static func localFault(_ exchange: Exchange) -> Status? {
        if exchange.opcode.movesWord, exchange.length != 8 { return .localLength }
        let receivesBytes = exchange.opcode == .read || exchange.opcode.isAtomic
        if exchange.length == 0 || exchange.inline { return nil }
        if exchange.localKey != .good || exchange.isLocalOutside { return .localProtection }
        return receivesBytes && !exchange.localAccess.contains(.localWrite) ? .localProtection : nil
    }

    private static func initiatorFails(_ exchange: Exchange, _ status: Status) -> Outcome {
        var outcome = untouched(exchange)
        outcome.status = status
        outcome.state = exchange.kind == .reliable ? .error : .sendQueueError
        return outcome
    }

    // MARK: On the way

    private static func reaches(_ exchange: Exchange, mtu: Int) -> Bool {
        let plan = exchange.target
        guard !plan.isGone, !exchange.isPairUnknown, ![.reset, .initialized, .error].contains(plan.state) else { return false }
        guard exchange.kind == .datagram else { return true }
        // IBA 10.2.5: with the highest bit set the sender's own queue key goes out. C10-93.1.1: too long is not sent.
        let asked = exchange.queueKey ?? plan.queueKey
        let sent = asked >> 31 == 1 ? exchange.ownQueueKey : asked
        return sent == plan.queueKey && exchange.length <= mtu
    }

    /// The request has no effect at the target; only a reliable connection notices.
    private static func lost(_ exchange: Exchange, _ status: Status) -> Outcome {
        var outcome = untouched(exchange)
        guard exchange.kind == .reliable else { return outcome }
        outcome.status = status
        outcome.state = .error
        return outcome
    }

    private static func untouched(_ exchange: Exchange) -> Outcome {
        var outcome = Outcome(moves: false)
        outcome.targetState = exchange.target.isGone ? nil : exchange.target.state
        let isFlushed = exchange.target.state == .error && !exchange.target.usesShared && !exchange.target.isGone
        outcome.receives = isFlushed ? exchange.target.receives.map { _ in .flushed } : []
        return outcome
    }

    // MARK: At the target

    private static func send(_ exchange: Exchange) -> Outcome {
        guard let receive = exchange.target.receives.first else { return lost(exchange, .notReadyRetriesExceeded) }
        let header = exchange.kind == .datagram ? 40 : 0
        if exchange.length + header > receive.length {
            return refused(exchange, exchange.kind == .reliable ? .remoteInvalidRequest : nil, receive: .localLength)
        }
        let touches = exchange.length + header > 0
        if touches, receive.key != .good || receive.isOutside || !receive.access.contains(.localWrite) {
            return refused(exchange, .remoteOperation, receive: .localProtection)
        }
        return arrived(exchange)
    }

    private static func oneSided(_ exchange: Exchange) -> Outcome {
        let plan = exchange.target
        let right: Access = exchange.opcode.isWrite || exchange.opcode == .atomicWrite ? .remoteWrite : exchange.opcode == .read ? .remoteRead : .remoteAtomic
        if !plan.pairAccess.contains(right) { return denied(exchange, .remoteInvalidRequest, .requestError) }
        if plan.responderResources == 0, exchange.opcode.isAnswered { return denied(exchange, .remoteInvalidRequest, .requestError) }
        if exchange.length > 0 {
            let start = exchange.remoteOffset
            let isInside = exchange.remoteAddress == nil && start >= 0 && start + exchange.length <= KeyedMemory.bytes
            if plan.key != .good || !plan.regionAccess.contains(right) || !isInside {
                return denied(exchange, .remoteAccess, .accessError)
            }
        }
        if exchange.opcode.movesWord, exchange.remoteOffset % 8 != 0 {
            return denied(exchange, .remoteInvalidRequest, .requestError)
        }
        if exchange.opcode.takesReceive, plan.receives.isEmpty { return lost(exchange, .notReadyRetriesExceeded) }
        return arrived(exchange)
    }

    /// Class C without a receive, or class D of an unreliable connection: dropped.
    private static func denied(_ exchange: Exchange, _ status: Status, _ event: Event) -> Outcome {
        guard exchange.kind == .reliable else { return lost(exchange, status) }
        var outcome = failed(exchange, status)
        outcome.events = [event] + outcome.events
        outcome.receives = exchange.target.usesShared ? [] : exchange.target.receives.map { _ in .flushed }
        return outcome
    }

    /// A fault that the receive's completion tells the target: the rest of the queue is flushed.
    private static func refused(_ exchange: Exchange, _ status: Status?, receive: Status) -> Outcome {
        // A message that is too long for its receive is dropped by the unreliable services.
        guard let status else { return lost(exchange, .success) }
        var outcome = failed(exchange, exchange.kind == .reliable ? status : .success)
        let rest = exchange.target.usesShared ? [] : exchange.target.receives.dropFirst().map { _ in Status.flushed }
        outcome.receives = [receive] + rest
        return outcome
    }

    private static func failed(_ exchange: Exchange, _ status: Status) -> Outcome {
        var outcome = Outcome(status: status, moves: false)
        outcome.state = exchange.kind == .reliable ? .error : .readyToSend
        outcome.targetState = .error
        // IBA 11.6.3.1: a queue pair in error takes no more from its shared queue.
        outcome.events = exchange.target.usesShared ? [.lastRequest] : []
        return outcome
    }

    private static func arrived(_ exchange: Exchange) -> Outcome {
        var outcome = Outcome()
        outcome.targetState = exchange.target.state
        outcome.receives = exchange.opcode.takesReceive ? [.success] : []
        // IBA 11.6.3.1: the first message to a connection that is not yet in RTS.
        let isFirst = exchange.target.state == .readyToReceive && exchange.kind.isConnected && exchange.opcode.takesReceive
        outcome.events = isFirst ? [.established] : []
        return outcome
    }
}
