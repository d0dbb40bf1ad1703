// ExplorerTests.swift - the explorer finds every state, the same ones each time, and stops at its bound.
import Dispatch
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

    /// Enough interleavings that batches are divided.
    private static func crowd(_ processes: Int) -> String {
        let names = (1...processes).map { "p\($0)" }
        let memory = names.map { "process \($0) {\n  a 2 private f\n}\n" }.joined()
        let runs = names.map { "run \($0) {\n  write a[0] 1\n  write a[1] 2\n  read a[0] -> \($0)-seen\n}\n" }.joined()
        return "scenario crowd\nobject f 2 tmpfs = 7\n\(memory)\(runs)expect sometimes frame(p1.a[0]) == 7\nexpect always p1-seen == 1\n"
    }

    @Test(arguments: [2, 3, 5])
    func `several workers find what one finds, to the shortest trace`(workers: Int) throws {
        let scenario = try ScenarioParser.parse(Self.crowd(3), file: "crowd")
        let rules = KernelPreset.all[9].rules
        let crew = Workforce(count: workers) { count, part in DispatchQueue.concurrentPerform(iterations: count, execute: part) }
        let alone = Explorer.explore(scenario, rules, reduces: false, keepsParents: true)
        let together = Explorer.explore(scenario, rules, reduces: false, keepsParents: true, workforce: crew)
        #expect(alone.states > 10_000)
        #expect(together.states == alone.states && together.transitions == alone.transitions)
        #expect(together.finalStates == alone.finalStates && together.bitsPerState == alone.bitsPerState)
        #expect(together.findings == alone.findings)
        let place = try #require(alone.findings[0].held)
        #expect(together.path(to: place) == alone.path(to: place))
        let bounded = Explorer.explore(scenario, rules, limit: 5_000, reduces: false, workforce: crew)
        #expect(bounded.states == 5_000 && bounded.stop == .tooManyStates(5_000))
    }

    @Test func `tables above the bound of memory stop the exploration`() throws {
        // A mebibyte is always allowed.
        let scenario = try ScenarioParser.parse(Self.crowd(3), file: "crowd")
        let result = Explorer.explore(scenario, KernelPreset.all[9].rules, memory: 1, reduces: false)
        #expect(result.stop == .tooMuchMemory(1))
        #expect(result.states > 5_000)
    }

    @Test func `a state space above the bound stops the exploration`() {
        let result = Explorer.explore(scenario, KernelPreset.all[0].rules, limit: 10)
        #expect(result.stop == .tooManyStates(10))
        #expect(result.states == 10)
    }

    @Test func `a packed state comes back as it was`() {
        let machine = Machine(rules: KernelPreset.all[9].rules, program: scenario.program)
        var layout = StateLayout(first: scenario.initial, program: scenario.program)
        var states = [scenario.initial]
        var state = scenario.initial
        while machine.step(ActorID(0), &state) == .progressed {
            layout.admit(state)
            states.append(state)
        }
        #expect(states.count > 5)
        for state in states {
            var row = [UInt64](repeating: 0, count: layout.format.words)
            #expect(layout.pack(state, into: &row))
            var back = layout.origin
            var other = [UInt64](repeating: 0, count: layout.format.words)
            #expect(layout.pack(back, into: &other))
            _ = layout.format.unpack(row, 0, over: &other, into: &back)
            #expect(other == row)
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
