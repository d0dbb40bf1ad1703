// RingingWork.swift - work of an agent that is asked for while the agent serves peers.

import Fabric
import Synchronization

/// Rings the bell once from within serving, and counts how often due work was looked at.
final class RingingWork: AgentWork {
    private let member: Member
    private let hasRung = Atomic<Bool>(false)
    private let looksSinceRing = Atomic<Int>(0)

    init(_ member: Member) { self.member = member }

    var wasLookedAtSinceRing: Bool { looksSinceRing.load(ordering: .relaxed) > 0 }

    func runDueWork(now: UInt64) -> UInt64? {
        if hasRung.load(ordering: .relaxed) { looksSinceRing.wrappingAdd(1, ordering: .relaxed) }
        return nil
    }

    func serveRequests() -> Bool {
        guard !hasRung.exchange(true, ordering: .relaxed) else { return false }
        member.wakeAgent(at: 0)
        return true
    }

    func peerDied(_ peer: Peer) {}
}
