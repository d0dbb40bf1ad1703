// AgentExchange.swift - the poster's half of a copy that the target's agent makes.
//
// Owns: one claimed transfer slot in the target's segment, from `init` to `close`; how long to wait for the agent.
// Does not: know what is copied (QueuePair+AgentTransfer), or copy for others (DeviceProcess+Serve).
// Who waits here serves the requests to his own process: two agents that wait for each other both get on.
// Locking: the slot's lock. `sendLock` and the target's entry lock are held around it.

import Fabric
import Platform

/// One request to the target's agent.
struct AgentExchange {
    /// How waiting ended.
    enum Answer {
        case finished
        case refused(TransferVerdict)
        /// The target has ended.
        case gone
        /// It did not answer in time.
        case unanswered
    }

    let slot: TransferSlot
    private let peer: Peer
    private let process: DeviceProcess
    /// Monotonic nanoseconds.
    private let deadline: UInt64

    private static let relaxedRounds = 200
    private static let sleepNanoseconds: UInt64 = 2_000_000

    /// Claims a slot. Nil when the target has ended, or all its slots stay taken until the deadline.
    init?(with peer: Peer, of process: DeviceProcess, deadline: UInt64) {
        let holder = process.holder
        var round = 0
        while true {
            if let slot = peer.view.claimTransfer(as: holder, recoverDead: round % 64 == 63) {
                self.slot = slot
                break
            }
            round += 1
            _ = process.serveRequests()
            if round < Self.relaxedRounds { Clock.relax() } else { Clock.sleep(nanoseconds: 100_000) }
            if round % 64 == 0, !peer.stillRuns() || Clock.monotonicNanoseconds() > deadline { return nil }
        }
        self.peer = peer
        self.process = process
        self.deadline = deadline
        slot.reset()
    }

    func open() { slot.open() }

    /// Lets the agent work on so many chunks in all.
    func submit(_ count: UInt32) {
        slot.submitted.publish(count)
        peer.view.header.transfersPending.set(bits: 1 << UInt64(slot.index))
        peer.ringBell()
    }

    func close() { slot.close() }

    /// Waits until the agent has done with so many chunks.
    func wait(for count: UInt32) -> Answer {
        var round = 0
        while true {
            let finished = slot.finished.acquire()
            if let verdict = TransferVerdict(rawValue: slot.verdict.load()) { return .refused(verdict) }
            if finished >= count { return .finished }
            _ = process.serveRequests()
            round += 1
            if round < Self.relaxedRounds {
                Clock.relax()
            } else {
                slot.sleep(while: finished, nanoseconds: Self.sleepNanoseconds)
                guard slot.finished.acquire() == finished else { continue }
                if !peer.stillRuns() { return .gone }
                if Clock.monotonicNanoseconds() > deadline { return .unanswered }
                // Whatever became of the first ring.
                peer.ringBellAnyway()
            }
        }
    }
}
