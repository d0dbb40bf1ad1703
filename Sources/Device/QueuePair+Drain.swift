// QueuePair+Drain.swift - the send queue comes to rest: SQD.
//
// Owns: what is still finished in SQD, and when that is told. A request that its target was not ready for has begun: it
// goes on being tried. Those behind it, and those posted from then on, are held until RTS.
// Spec: IBA vol 1, 10.3.1.5, 11.6.3.1 (send queue drained).
// Locking: `sendLock`.

import Fabric
import Verbs

extension QueuePair {
    var isDraining: Bool {
        get { locked.value.isDraining }
        set { locked.value.isDraining = newValue }
    }

    /// Requests are executed: all in RTS, the one under way in SQD.
    var mayExecute: Bool {
        switch state {
        case .readyToSend: true
        case .sendQueueDrained: isDraining
        default: false
        }
    }

    /// The change from one state to the other has been shown to everyone.
    func drainOrResume(from: QueuePairState) {
        let holdsRequests = !(pendingSends?.isEmpty ?? true)
        switch (from, attributes.state) {
        case (.readyToSend, .sendQueueDrained):
            isDraining = holdsRequests
            locked.value.tellsDrained = attributes.enableDrainedNotification
            if !holdsRequests { tellDrained() }
        case (.sendQueueDrained, .readyToSend):
            isDraining = false
            // Nobody need poll for what was held to go out.
            if holdsRequests { process.member.wakeAgent(at: 0) }
        default: break
        }
    }

    /// A request that had to wait is complete. True when no other may follow it.
    func endDraining() -> Bool {
        guard isDraining, state == .sendQueueDrained else { return false }
        isDraining = false
        tellDrained()
        return true
    }

    private func tellDrained() {
        if locked.value.tellsDrained { raiseOwn(.sendQueueDrained) }
    }
}
