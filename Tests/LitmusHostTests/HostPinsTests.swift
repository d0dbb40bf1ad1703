// HostPinsTests.swift - the machine's count of pins gives away a model that counts others.

import KernelMemory
import Litmus
import Platform
import Testing

@testable import LitmusHost

@Suite(.serialized, .enabled(if: HostDevice.fixedBuffers.isHere && PinCounter.outstanding() != nil, "pins are counted for root alone"))
struct HostPinsTests {
    /// Nothing but the count tells: no statement follows.
    private static let registered = """
        scenario registered
        debate generated
        question "How many pins are there?"
        process p {
          a 2 anonymous = 1
        }
        run p {
          io-uring-register m a
        }
        expect never underflow
        """

    private static func verdict(_ rules: KernelRules) throws -> HostReport.Verdict {
        let scenario = try ScenarioParser.parse(registered, file: "registered")
        let nursery = try HostNursery()
        return try HostReport(
            scenario, rules: rules, device: .fixedBuffers, nursery: nursery, limit: 1, seed: 1, comparesFrames: true
        ).verdict
    }

    @Test func aModelThatCountsNoPinsIsGivenAway() throws {
        let preset = RunningKernel.preset(release: Host.kernelRelease, build: Host.kernelBuild)
        guard case .agrees = try Self.verdict(preset.rules) else {
            Issue.record("the running kernel differs from its own rules")
            return
        }
        guard case .differs(let mismatch) = try Self.verdict(preset.rules.without(.guardLookupTakesReference)) else {
            Issue.record("a lookup without references went unnoticed")
            return
        }
        #expect(mismatch.isAboutPins)
        #expect(mismatch.predicted == "0 pins are held" && mismatch.seen == "2")
    }
}
