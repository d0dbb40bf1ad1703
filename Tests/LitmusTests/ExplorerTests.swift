// ExplorerTests.swift - the explorer finds every state, the same ones each time, and stops at its bound.
import KernelMemory
import Testing

@testable import Litmus

struct ExplorerTests {
    private static let race = """
        scenario race
        process p {
          a 2 anonymous = 1
        }
        process c of p
        run p {
          fork c
          write a[0] 2
          write a[1] 3
        }
        run c {
          write a[0] 4
          read a[1] -> seen
        }
        expect always seen == 1
        expect sometimes frame(p.a[0]) != frame(c.a[0])
        """

    private let scenario: Scenario

    init() throws { scenario = try ScenarioParser.parse(Self.race, file: "race") }

    @Test func `reduction leaves the answers of every era as they are`() {
        for ruleSet in scenario.ruleSets {
            let full = Explorer.explore(scenario, ruleSet.rules, reduces: false)
            let reduced = Explorer.explore(scenario, ruleSet.rules, reduces: true)
            #expect(full.findings.map(\.frequency) == reduced.findings.map(\.frequency))
            #expect(reduced.states < full.states)
        }
    }

    @Test func `the same exploration twice is the same`() {
        let rules = KernelPreset.all[9].rules
        let runs = [0, 1].map { _ in Explorer.explore(scenario, rules, keepsParents: true) }
        #expect(runs[0].states == runs[1].states)
        #expect(runs[0].transitions == runs[1].transitions)
        #expect(runs[0].findings == runs[1].findings)
    }

    @Test func `a state space above the bound stops the exploration`() {
        let result = Explorer.explore(scenario, KernelPreset.all[0].rules, limit: 10)
        #expect(result.stop == .tooManyStates(10))
        #expect(result.states == 10)
    }

    @Test func `a packed state comes back as it was`() {
        let machine = Machine(rules: KernelPreset.all[9].rules, program: scenario.program)
        var layout = StateLayout(first: scenario.initial)
        var states = [scenario.initial]
        var state = scenario.initial
        while machine.step(ActorID(0), &state) == .progressed {
            layout.admit(state)
            states.append(state)
        }
        #expect(states.count > 5)
        for state in states {
            var row = [UInt32](repeating: 0, count: layout.words)
            #expect(layout.pack(state, into: &row))
            var back = KernelState()
            layout.unpack(row, into: &back)
            #expect(back == state)
        }
    }

    @Test func `a trace leads from the first state to one with the property`() throws {
        let ruleSet = RuleSet.presets[0]
        let trace = try #require(Trace(scenario, ruleSet, expectation: 1, holds: true))
        let machine = Machine(rules: ruleSet.rules, program: scenario.program)
        let last = try #require(trace.steps.last)
        #expect(scenario.expectations[1].predicate.value(last.state, machine) == 1)
    }
}
