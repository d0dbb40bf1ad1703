// MutationRow.swift - how one scenario's results change when one switch is turned the other way.
//
// Owns: the runs: under every preset and variant with each switch flipped. Does not: print (`MutationMatrix`).
import KernelMemory

/// What one scenario notices.
public struct MutationRow: Sendable {
    public let name: String
    /// Switches whose flip changes a result under some rule set.
    public let notices: [KernelSwitch]
    /// Guards whose removal makes a claim of the scenario false.
    public let breaks: [KernelSwitch]
    /// Lines of expectations that held under every rule set tried, mutated ones included, and whatever statement was left out.
    public let vacuousLines: [Int]

    /// Runs the scenario under every rule set and every mutation of it.
    public init(_ scenario: Scenario) {
        name = "\(scenario.debate)/\(scenario.name)"
        var notices: [KernelSwitch] = []
        var breaks: [KernelSwitch] = []
        var canFail = scenario.expectations.map { _ in false }
        var known: [KernelRules: [Exploration.Finding]] = [:]
        let run = { (rules: KernelRules) -> [Exploration.Finding] in
            if let findings = known[rules] { return findings }
            let findings = Explorer.explore(scenario, rules, limit: 300_000).findings
            known[rules] = findings
            return findings
        }
        let bases = scenario.ruleSets
        let switches = KernelSwitch.allCases.filter { $0.concerns(scenario.program) }
        for base in bases {
            let plain = run(base.rules).map(\.frequency)
            MutationRow.note(scenario, plain, &canFail)
            for rule in switches {
                let mutated = run(base.rules.flipping(rule)).map(\.frequency)
                MutationRow.note(scenario, mutated, &canFail)
                guard mutated != plain else { continue }
                if !notices.contains(rule) { notices.append(rule) }
                if rule.isGuard, MutationRow.breaksClaim(scenario, base, plain, mutated), !breaks.contains(rule) { breaks.append(rule) }
            }
        }
        MutationRow.leaveOutStatements(scenario, &canFail)
        self.notices = notices.sorted { $0.rawValue < $1.rawValue }
        self.breaks = breaks.sorted { $0.rawValue < $1.rawValue }
        vacuousLines = zip(scenario.expectations, canFail).filter { !$0.1 }.map { $0.0.line }
    }

    /// For claims that no rules could make fail: leaves out each statement of the programs in turn.
    private static func leaveOutStatements(_ scenario: Scenario, _ canFail: inout [Bool]) {
        for (index, expectation) in scenario.expectations.enumerated() where !canFail[index] {
            guard let base = scenario.ruleSets.last(where: { expectation.ruleSets.contains($0.name) }) else { continue }
            for actor in scenario.program.parts.indices {
                for place in scenario.program.parts[actor].operations.indices where !canFail[index] {
                    var shortened = scenario
                    shortened.program.parts[actor].operations[place].kind = .mark
                    shortened.program.parts[actor].operations[place].result = nil
                    let findings = Explorer.explore(shortened, base.rules, limit: 300_000).findings
                    if !claimHolds(expectation.frequency, findings[index].frequency) { canFail[index] = true }
                }
            }
        }
    }

    private static func claimHolds(_ frequency: Expectation.Frequency, _ found: Expectation.Frequency?) -> Bool {
        frequency == .sometimes ? found == .sometimes || found == .always : found == frequency
    }

    private static func note(_ scenario: Scenario, _ found: [Expectation.Frequency?], _ canFail: inout [Bool]) {
        for (index, expectation) in scenario.expectations.enumerated() where !claimHolds(expectation.frequency, found[index]) {
            canFail[index] = true
        }
    }

    private static func breaksClaim(
        _ scenario: Scenario, _ base: RuleSet, _ plain: [Expectation.Frequency?], _ mutated: [Expectation.Frequency?]
    ) -> Bool {
        for (index, expectation) in scenario.expectations.enumerated() where expectation.ruleSets.contains(base.name) {
            if claimHolds(expectation.frequency, plain[index]), !claimHolds(expectation.frequency, mutated[index]) { return true }
        }
        return false
    }
}
