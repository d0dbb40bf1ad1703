// DeviceProcess+AgentWork.swift - what happens later: retries, timers, the death of a peer.
//
// Locking: takes each queue pair's send lock in turn, nothing else around it.

import Fabric
import Platform

extension DeviceProcess: AgentWork {
    public func runDueWork(now: UInt64) -> UInt64? {
        let events = moderated.raiseWhatIsDue(now: now)
        guard !waiting.isEmpty else { return events }
        let retry = waiting.all().compactMap { $0.retryWaiting(now: now, isPolling: false) }.min()
        return [events, retry].compactMap { $0 }.min()
    }

    public func peerDied(_ peer: Peer) {
        for queuePair in queuePairs.all() { queuePair.forget(peer) }
    }

    /// Called by a poller that found nothing: whoever waits for a receiver may find one now.
    @inline(never)
    func makeProgress() {
        let now = Clock.monotonicNanoseconds()
        for queuePair in waiting.all() { _ = queuePair.retryWaiting(now: now, isPolling: true) }
    }
}
