// LitmusHostTests.swift - generated programs, statement by statement runs, and the running kernel where it can be asked.

import Glibc
import KernelMemory
import Litmus
import Testing

@testable import LitmusHost

@Suite(.serialized)
struct LitmusHostTests {
    private static let forkScenario = """
        scenario writes-after-fork
        debate fork
        question "Who keeps the page?"
        process p {
          a 1 anonymous = 1
        }
        process c of p
        run p {
          io-uring-register m a
          fork c
          write a 2
          dma-read m[0] -> seen
        }
        run c {
          read a -> inherited
        }
        expect always inherited == 1
        """

    /// A child that nobody waits for would stay, and whoever waits for any child would find it again and again.
    @Test func aNurseryLeavesNoChild() throws {
        let process: Int32
        do {
            let nursery = try HostNursery()
            process = nursery.process
            withExtendedLifetime(nursery) { #expect(kill(process, 0) == 0) }
        }
        #expect(kill(process, 0) == -1)
    }

    @Test func aStatementRunsToItsEndOrNotAtAll() throws {
        let scenario = try ScenarioParser.parse(Self.forkScenario, file: "fork")
        let rules = try #require(KernelPreset.named("6.18")).rules
        var replay = try #require(StatementReplay(scenario, rules))
        let (parent, child) = (ActorID(0), ActorID(1))
        #expect(replay.run(child) == nil)
        #expect(replay.ready() == [parent])
        for expected in [Outcome.ok, .ok, .ok, .value(2)] { #expect(replay.run(parent) == expected) }
        #expect(replay.operation(of: parent) == nil)
        #expect(replay.run(child) == .value(1))
        #expect(replay.ready().isEmpty)
    }

    @Test func ordersAreAllOrChosenBySeed() throws {
        let scenario = try ScenarioParser.parse(Self.forkScenario, file: "fork")
        let rules = try #require(KernelPreset.named("6.18")).rules
        let replay = try #require(StatementReplay(scenario, rules))
        let all = HostSchedules(replay, limit: 100, seed: 1)
        #expect(all.areAll && all.orders.count == 3 && Set(all.orders).count == 3)
        let some = HostSchedules(replay, limit: 2, seed: 1)
        #expect(!some.areAll && some.orders == HostSchedules(replay, limit: 2, seed: 1).orders)
    }

    @Test(arguments: [
        ("6.18.44-fc-v595", "#1 SMP", "linux-6.18.44"), ("6.18.2", "#1 SMP", "6.18"),
        ("6.12.117+deb12-amd64", "#1 SMP Debian 6.12.117-1~deb12u1 (2026-10-01)", "linux-6.12.117"),
        ("6.12.117-verbena", "#2 SMP", "linux-6.12.117"), ("6.12.90+deb12-amd64", "#1 SMP", "6.12-debian"),
        ("6.1.0-56-amd64", "#1 SMP PREEMPT_DYNAMIC Debian 6.1.192-2 (2026-09-26)", "linux-6.1.192"),
        ("6.1.0-10-amd64", "#1 SMP PREEMPT_DYNAMIC Debian 6.1.37-1 (2023-07-03)", "6.1-debian"), ("6.1.5", "#1 SMP", "6.0"),
        ("5.10.0-32-amd64", "#1 SMP Debian 5.10.223-1 (2024-08-10)", "linux-5.10.223"), ("5.10.7", "#1 SMP", "5.9"),
        ("7.2.13+deb14-amd64", "#1 SMP", "linux-7.2.13"), ("2.6.11", "#1", "2.6.12"),
    ])
    func aReleaseHasItsPreset(release: String, build: String, preset: String) {
        #expect(RunningKernel.preset(release: release, build: build).name == preset)
    }

    @Test func whatNoKernelHasIsNamed() throws {
        let text = Self.forkScenario.replacing("write a 2", with: "mprotect a read dontcopy")
        let scenario = try ScenarioParser.parse(text, file: "fork")
        guard case .failure(let lack) = HostPlan.make(scenario, device: .fixedBuffers) else {
            Issue.record("PROT_DONTCOPY was never merged")
            return
        }
        #expect(lack.reason.contains("no kernel has"))
    }

    /// The rules of a kernel that let the parent write in place must be seen to be another kernel's.
    @Test func theWrongRulesAreFoundOut() throws {
        let nursery = try HostNursery()
        let text = """
            scenario spliced-by-a-child
            debate selftests
            question "Does the pipe see what the parent writes after the child has gone?"
            process p {
              a 1 anonymous = 1
            }
            process c of p
            run p {
              fork c
              await c spliced
              write a 2
            }
            run c {
              vmsplice m a
              munmap a
              mark spliced
              await p
              dma-read m[0] -> seen
            }
            expect always seen == 1
            """
        let scenario = try ScenarioParser.parse(text, file: "fork")
        func verdict(_ preset: String) throws -> HostReport.Verdict {
            try HostReport(
                scenario, rules: try #require(KernelPreset.named(preset)).rules, device: .fixedBuffers, nursery: nursery, limit: 10, seed: 1,
                comparesFrames: false
            ).verdict
        }
        guard case .agrees = try verdict("6.18") else { throw Failure(what: "\(try verdict("6.18"))") }
        guard case .differs(let mismatch) = try verdict("5.7") else { throw Failure(what: "\(try verdict("5.7"))") }
        #expect(mismatch.statements.last?.contains("dma-read") == true)
    }

    private struct Failure: Error { let what: String }
}
