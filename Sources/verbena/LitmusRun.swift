// LitmusRun.swift - `verbena litmus run`.
import ArgumentParser
import Litmus
import Platform

struct LitmusRun: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Run scenarios under every kernel's rules, and judge what they expect.",
        discussion: """
            Exit code 0: every expectation holds. 1: one fails, or an exploration stopped at its bound. 2: a scenario file is wrong.

            EXAMPLES
              verbena litmus run litmus
              verbena litmus run litmus/fork --rules 2.6.12,5.9
              verbena litmus run litmus/cow/read-only-registration.litmus --json
            """)

    @Argument(help: "Scenario files, or folders of them.")
    var files: [String] = ["litmus"]

    @Option(help: "Rule sets, joined by commas: presets or the scenario's variants; 'all' for all.")
    var rules = "all"

    @Option(help: "States at which an exploration stops.")
    var limit = Explorer.defaultLimit

    @Option(help: "Bytes of tables at which an exploration stops, in MiB; half of this machine's memory without this.")
    var memory = max(1, Host.memoryBytes >> 21)

    @Flag(help: "One JSON object per scenario.")
    var json = false

    @Flag(help: "Print only what fails, and the totals.")
    var quiet = false

    @Flag(help: "Print a trace for each expectation, failed or not.")
    var traces = false

    func validate() throws {
        guard limit > 0, limit < 4_000_000_000 else { throw ValidationError("--limit takes a number from 1 to 3999999999") }
        guard memory > 0, memory < 1 << 30 else { throw ValidationError("--memory takes a number of MiB from 1 to 1073741823") }
    }

    func run() throws {
        let scenarios = try LitmusFiles.scenarios(files)
        let selections = try scenarios.map(selection)
        let (limit, memory, json, quiet) = (limit, memory << 20, json, quiet)
        // Many scenarios share the cores; one alone has them all for itself.
        let workforce = scenarios.count == 1 ? LitmusJobs.workforce(Host.processorCount) : .alone
        let reports = LitmusJobs.map(scenarios.count) {
            ScenarioReport(
                scenarios[$0], ruleSets: selections[$0], limit: limit, memory: memory, workforce: workforce, tables: LitmusJobs.tables)
        }
        for report in reports {
            if json { print(ReportTable.json(report)) } else { show(report, quiet) }
        }
        let failed = reports.filter { !$0.passes }
        if !json {
            let states = reports.reduce(0) { $0 + $1.results.reduce(0) { $0 + $1.exploration.states } }
            let runs = reports.reduce(0) { $0 + $1.results.count }
            print("\(reports.count) scenarios, \(runs) explorations, \(states) states: \(failed.count) scenarios failed")
        }
        if !failed.isEmpty { throw ExitCode(1) }
    }

    private func selection(_ scenario: Scenario) throws -> [RuleSet] {
        guard rules != "all" else { return scenario.ruleSets }
        return try rules.split(separator: ",").map { name in
            guard let found = scenario.ruleSets.first(where: { $0.name == name }) else {
                throw ValidationError("no rule set '\(name)'; there are: \(scenario.ruleSets.map(\.name).joined(separator: ", "))")
            }
            return found
        }
    }

    private func show(_ report: ScenarioReport, _ quiet: Bool) {
        if quiet, report.passes { return }
        print(ReportTable.text(report, colour: LitmusFiles.isTerminal))
        for failure in report.failures {
            let expectation = report.scenario.expectations[failure.expectation]
            print("  line \(expectation.line): claimed \(expectation.frequency.rawValue) \(expectation.text); a shortest trace against it:")
            let trace = Trace(
                report.scenario, failure.result.ruleSet, expectation: failure.expectation, holds: expectation.frequency == .never, limit: limit)
            print(trace?.text() ?? "  no final state shows it")
        }
        if traces { showTraces(report) }
    }

    private func showTraces(_ report: ScenarioReport) {
        for (index, expectation) in report.scenario.expectations.enumerated() {
            for holds in [true, false] {
                guard let result = report.results.last(where: { expectation.ruleSets.contains($0.ruleSet.name) }),
                    let trace = Trace(report.scenario, result.ruleSet, expectation: index, holds: holds, limit: limit)
                else { continue }
                print("  \(expectation.text) \(holds ? "holds" : "does not hold"):")
                print(trace.text())
            }
        }
    }
}
