// ScenarioReport.swift - a scenario's results under several rule sets.
//
// Owns: running them and judging each expectation. Does not: print (`ReportTable`, `Trace`).
import KernelMemory

/// A scenario's results under several rule sets.
public struct ScenarioReport: Sendable {
    /// One cell of the table.
    public struct Result: Sendable {
        public let ruleSet: RuleSet
        public let exploration: Exploration
        /// By expectation: nil where the claim is not about this rule set.
        public let passes: [Bool?]
    }

    public let scenario: Scenario
    public let results: [Result]

    /// Explores the scenario under each rule set.
    public init(
        _ scenario: Scenario, ruleSets: [RuleSet], limit: Int = Explorer.defaultLimit, memory: Int = Explorer.defaultMemory,
        workforce: Workforce = .alone, tables: TableMemory = .heap
    ) {
        self.scenario = scenario
        results = ruleSets.map { ruleSet in
            let exploration = Explorer.explore(
                scenario, ruleSet.rules, limit: limit, memory: memory, workforce: workforce, tables: tables)
            return ScenarioReport.judge(scenario, ruleSet, exploration)
        }
    }

    private static func judge(_ scenario: Scenario, _ ruleSet: RuleSet, _ exploration: Exploration) -> Result {
        let passes = scenario.expectations.enumerated().map { index, expectation -> Bool? in
            guard expectation.ruleSets.contains(ruleSet.name), exploration.stop == nil else { return nil }
            return holds(expectation.frequency, exploration.findings[index])
        }
        return Result(ruleSet: ruleSet, exploration: exploration, passes: passes)
    }

    private static func holds(_ claimed: Expectation.Frequency, _ finding: Exploration.Finding) -> Bool {
        switch claimed {
        case .always: finding.frequency == .always
        case .never: finding.frequency == .never
        case .sometimes: finding.held != nil
        }
    }

    /// True if every claim about the rule sets run holds and no exploration stopped early.
    public var passes: Bool {
        results.allSatisfy { $0.exploration.stop == nil && $0.passes.allSatisfy { $0 != false } }
    }

    /// Expectations with a failed claim, with the first rule set that fails it.
    public var failures: [(expectation: Int, result: Result)] {
        var failures: [(Int, Result)] = []
        for index in scenario.expectations.indices {
            for result in results where result.passes[index] == false {
                failures.append((index, result))
                break
            }
        }
        return failures
    }
}
