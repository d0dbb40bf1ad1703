// QueuePair+Waiting.swift - requests that the target was not ready for.
//
// Owns: keeping them in order, trying again when a timer fires (the agent) or when a poller sees that it would work now.
// Does not: count retries (RequesterRetry).
// Spec: IBA vol 1, 9.7.5.2.8 (RNR), 9.7.6.1.3 (timeout).
// Locking: `sendLock`.

import Fabric
import Platform
import Verbs

extension QueuePair {
    /// Keeps a request until it can run. `sendLock` is held.
    @inline(never)
    func wait(_ request: SendRequest, _ opcode: SendOpcode, _ position: UInt32) {
        if pendingSends == nil {
            pendingSends = PendingSends(
                capacity: max(capabilities.sendWorkRequests, 1).roundedUpToPowerOfTwo,
                elements: max(capabilities.sendElements, 1), inlineBytes: capabilities.inlineData)
        }
        // Posting has counted the places of the queue, but those that it counts as polled are what stood in shared memory.
        guard let pendingSends, !pendingSends.isFull else {
            return complete(request, opcode, position, .generalError, byteCount: 0)
        }
        pendingSends.append(
            PendingSend(
                request: request, opcode: opcode, destination: datagramDestination(request), position: position))
        process.waiting.insert(self)
    }

    /// Counts a failed attempt of the oldest request and arranges the next. `sendLock` is held.
    @inline(never)
    func attemptFailed(_ outcome: RequestOutcome) {
        let now = Clock.monotonicNanoseconds()
        let reason: RequesterRetry.Outcome =
            outcome.fault == .receiverNotReady ? .notReady(timerCode: outcome.rnrTimer) : .noAnswer
        arrange(retry.attempted(reason, now: now))
    }

    private func arrange(_ step: RequesterRetry.Step) {
        switch step {
        case .proceed: nextAttempt = 0
        case .waitUntil(let time):
            nextAttempt = time
            if time != .max { process.member.wakeAgent(at: time) }
        case .fail(let status): failOldest(status)
        }
    }

    private func failOldest(_ status: CompletionStatus) {
        guard let pendingSends, let pending = pendingSends.first else { return }
        pendingSends.removeFirst()
        complete(pending.request, pending.opcode, pending.position, status, byteCount: 0)
        if pendingSends.isEmpty { process.waiting.remove(self) }
    }

    /// Runs what can run. When to come back, in monotonic nanoseconds; nil when there is nothing to come back for.
    ///
    /// A poller leaves what is due to the agent where it might have to wait for the target's.
    func retryWaiting(now: UInt64, isPolling: Bool) -> UInt64? {
        // Whoever holds the lock is posting or trying already.
        guard sendLock.tryAcquire() else { return now &+ 1_000_000 }
        defer { sendLock.release() }
        switch state {
        case .readyToSend, .sendQueueDrained: return mayExecute ? drain(now: now, isPolling: isPolling) : nil
        case .error, .sendQueueError:
            flushSends()
            return nil
        default: return nil
        }
    }

    private func drain(now: UInt64, isPolling: Bool) -> UInt64? {
        guard let pendingSends else { return nil }
        while let pending = pendingSends.first {
            let isDue = now >= nextAttempt
            if isPolling, isDue, nextAttempt != 0, responder(at: place(of: pending.request)).process == 0 {
                return nextAttempt
            }
            if isDue, nextAttempt != 0 {
                nextAttempt = 0
                arrange(retry.timerFired(now: now))
                // Giving up flushes everything behind.
                if !mayExecute { return nil }
            }
            guard isDue || couldSucceedNow(pending.request, now) else { return nextAttempt == .max ? nil : nextAttempt }
            locked.value.attempt = isDue ? .due : .early
            let outcome = execute(pending.request, pending.opcode, pending.destination)
            locked.value.attempt = .first
            if outcome.mustWait {
                if isDue { attemptFailed(outcome) }
                return nextAttempt == .max ? nil : nextAttempt
            }
            _ = retry.attempted(.delivered, now: now)
            nextAttempt = 0
            pendingSends.removeFirst()
            complete(pending.request, pending.opcode, pending.position, outcome.status, byteCount: outcome.byteCount)
            if endDraining() { return nil }
        }
        process.waiting.remove(self)
        return nil
    }

    private func place(of request: SendRequest) -> Int {
        type == .xrcInitiator ? extendedPlace(request.remoteSharedReceiveQueue) : Self.connectionPlace
    }

    /// Ahead of the timer: a bound target has posted a receive, or it is time to look for an unbound one again.
    private func couldSucceedNow(_ request: SendRequest, _ now: UInt64) -> Bool {
        let place = place(of: request)
        if type.isConnected, targets[place].isBound {
            let responder = responder(at: place)
            // Where its agent copies, and did not answer lately, looking costs a wait.
            if responder.process == 0, now < nextLook { return false }
            return responder.hasReceive() && QueuePairStatus(rawValue: responder.entry.status.load()).canRespond
        }
        guard now >= nextLook else { return false }
        nextLook = now &+ 200_000
        return true
    }
}
