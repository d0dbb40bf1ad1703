// AgentBellTests.swift - the bell rings for peers' requests and for due work alike: hearing it for the one must not lose the other.

import Device
import Fabric
import Platform
import Testing

@Suite struct AgentBellTests {
    @Test func workAskedForAmidServingIsLookedAt() throws {
        let context = try DeviceContext.open(DeviceCatalogue.devices()[0])
        let member = context.process.member
        let work = RingingWork(member)
        member.addWork(work)
        defer { member.removeWork(work) }
        member.wakeAgent(at: 0)
        let end = Clock.monotonicNanoseconds() + 60_000_000_000
        while !work.wasLookedAtSinceRing, Clock.monotonicNanoseconds() < end { Clock.sleep(nanoseconds: 1_000_000) }
        #expect(work.wasLookedAtSinceRing)
    }
}
