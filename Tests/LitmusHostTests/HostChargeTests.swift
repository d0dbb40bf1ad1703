// HostChargeTests.swift - what io_uring charges to a user is seen, though no file tells it.

import KernelMemory
import Litmus
import Platform
import Testing

@testable import LitmusHost

@Suite(.serialized, .enabled(if: HostDevice.fixedBuffers.isHere && PinCounter.outstanding() != nil, "only root has users to spare"))
struct HostChargeTests {
    /// Two processes of one user: each sees what the other has registered, up to its own limit.
    private static let registered = """
        scenario registered
        debate generated
        question "What is the user charged with?"
        process p limit 4 {
          a 3 anonymous = 1
        }
        process q limit 2 user 0 {
          b 1 anonymous = 1
        }
        run p {
          io-uring-register m a[0]
          io-uring-register n a[1..2]
          unpin m
          unpin n
        }
        run q {
          read b
        }
        expect never underflow
        """

    @Test func eachProcessSeesItsUsersCharge() throws {
        let scenario = try ScenarioParser.parse(Self.registered, file: "registered")
        let preset = RunningKernel.preset(release: Host.kernelRelease, build: Host.kernelBuild)
        guard case .success(let plan) = HostPlan.make(scenario, device: .fixedBuffers) else {
            Issue.record("the scenario cannot be played")
            return
        }
        let nursery = try HostNursery()
        let order = [0, 0, 0, 0].map { ActorID($0) }
        guard let run = try HostRun.ran(order, plan, preset.rules, nursery, comparesFrames: true) else {
            Issue.record("there is no room to observe the scenario")
            return
        }
        if let mismatch = run.mismatch { Issue.record("predicted \(mismatch.predicted), seen \(mismatch.seen)") }
        let seen = run.steps.map { step in step.sight.spaces.prefix(2).map { $0?.charged } }
        #expect(seen == [[1, 1], [3, 2], [2, 2], [0, 0]])
    }
}
