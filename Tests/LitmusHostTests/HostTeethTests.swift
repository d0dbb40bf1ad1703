// HostTeethTests.swift - a wrong rule is found out by what a kernel showed, once for all rules.

import KernelMemory
import Litmus
import Platform
import Testing

@testable import LitmusHost

@Suite(.serialized)
struct HostTeethTests {
    /// A run as a kernel of these rules would show it: what the model says is what is seen.
    private static func trace(_ text: String, _ rules: KernelRules) throws -> HostTrace {
        let scenario = try ScenarioParser.parse(text, file: "trace")
        guard case .success(let plan) = HostPlan.make(scenario, device: .fixedBuffers) else { throw Unplayable() }
        let start = try #require(StatementReplay(plan.scenario, rules))
        return try #require(HostTrace(modelled: plan, HostSchedules(start, limit: 1, seed: 1).orders[0], rules))
    }

    private struct Unplayable: Error {}

    private static let forked = """
        scenario forked
        debate generated
        question "Which copy of the page has the device?"
        process p {
          a 1 anonymous = 1
        }
        process c of p
        run p {
          io-uring-register m a
          fork c
          write a 2
          dma-read m[0]
        }
        expect never underflow
        """

    @Test(arguments: [
        (KernelSwitch.forkCopiesPinned, HostTrace.Verdict.caught), (.guardLookupTakesReference, .caught),
        (.exclusiveOwnershipV1, .unseen), (.guardBusNeedsHandle, .same), (.hugeZeroPage, .same),
    ])
    func aSwitchIsCaughtWhereItChangesWhatIsSeen(rule: KernelSwitch, expected: HostTrace.Verdict) throws {
        let rules = try #require(KernelPreset.named("5.13")).rules
        let trace = try Self.trace(Self.forked, rules)
        #expect(trace.judge(rules) == .same)
        #expect(trace.judge(rules.flipping(rule)) == expected)
    }

    @Test func whatNobodyCanSeeIsNotCaught() throws {
        let rules = try #require(KernelPreset.named("6.18")).rules
        let text = Self.forked.replacing("write a 2", with: "mprotect a read").replacing("dma-read m[0]", with: "mprotect a read write")
        let trace = try Self.trace(text, rules)
        #expect(trace.judge(rules.flipping(.mprotectMapsExclusiveWritable)) == .unseen)
    }

    /// Programs run on the kernel once, whatever the number of switches; one that concerns no program is never caught.
    @Test func theRunningKernelGivesWrongRulesAway() throws {
        let nursery = try HostNursery()
        let preset = RunningKernel.preset(release: Host.kernelRelease, build: Host.kernelBuild)
        let seesFrames = Host.hasCapability(.systemAdministration)
        var teeth = HostTeeth(nursery, device: .fixedBuffers, rules: preset.rules, memory: [], comparesFrames: seesFrames)
        let programs = 8
        for number in 1...programs { try teeth.run(seed: UInt64(number), number: number) }
        #expect(teeth.disagreements.isEmpty && teeth.lacks.isEmpty)
        let caught = teeth.rows.filter { $0.caughtAfter != nil }
        #expect(caught.count >= 3)
        #expect(caught.allSatisfy { (1...programs).contains($0.caughtAfter ?? 0) && (1...programs).contains($0.candidates) })
        #expect(teeth.played == programs)
        let bus = try #require(teeth.rows.first { $0.rule == .guardBusNeedsHandle })
        #expect(bus.candidates == 0 && bus.caughtAfter == nil)
    }

    /// The same switches are caught by the same programs, of which fewer are run.
    @Test func aSearchFindsWhatTheKernelIsAskedAbout() throws {
        let nursery = try HostNursery()
        let preset = RunningKernel.preset(release: Host.kernelRelease, build: Host.kernelBuild)
        let seesFrames = Host.hasCapability(.systemAdministration)
        var all = HostTeeth(nursery, device: .fixedBuffers, rules: preset.rules, memory: [], comparesFrames: seesFrames)
        var search = HostTeethSearch(device: .fixedBuffers, preset: preset, memory: [], seed: 1)
        for number in 1...12 {
            try all.run(seed: UInt64(number), number: number)
            try search.searchNext()
        }
        // As a file takes it to another machine.
        let plan = try HostTeethPlan(parsing: search.found.text)
        #expect(plan == search.found)
        var found = HostTeeth(nursery, device: .fixedBuffers, rules: preset.rules, memory: [], comparesFrames: seesFrames, following: plan)
        for place in plan.plays.indices { try found.follow(place) }
        #expect(found.rows.map(\.caughtAfter) == all.rows.map(\.caughtAfter) || !seesFrames)
        #expect(found.played < all.played)
    }

    @Test(arguments: ["", "device verbs\n", "device verbs\nrules x\nmemory moon\nseed 1\nprograms 2\n", "play 1 2 3 4\n",
        "device verbs\nrules x\nmemory none\nseed 1\nprograms 2\nplay 3\n"])
    func aFileThatIsNoPlanIsRefused(text: String) {
        #expect(throws: HostFailure.self) { try HostTeethPlan(parsing: text) }
    }
}
