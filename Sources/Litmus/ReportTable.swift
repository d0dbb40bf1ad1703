// ReportTable.swift - results as a table for people, and as JSON.
//
// Owns: the layout: one line per predicate, one column per rule set; A always, s sometimes, - never; '!' marks a failed claim.

/// Results as text.
public enum ReportTable {
    /// The table of one scenario.
    public static func text(_ report: ScenarioReport, colour: Bool = false) -> String {
        var lines = ["\(report.scenario.debate)/\(report.scenario.name): \(report.scenario.question)"]
        let groups = groups(report)
        for (index, expectation) in report.scenario.expectations.enumerated() where isFirst(index, report.scenario) {
            lines.append("  \(expectation.throughout ? "throughout: " : "")\(expectation.text)")
            for group in groups {
                var line = "    \(pad(group.name, 24)) "
                line += word(report, index, group.result)
                if failed(report, expectation.text, group.result) { line += mark("  FAILED: claimed \(claimed(report, index, group))", colour) }
                lines.append(line)
            }
        }
        return lines.joined(separator: "\n")
    }

    private static func mark(_ text: String, _ colour: Bool) -> String { colour ? "\u{1b}[31m\(text)\u{1b}[0m" : text }

    /// Several claims may be made of one predicate; it is shown once.
    static func isFirst(_ index: Int, _ scenario: Scenario) -> Bool {
        let text = scenario.expectations[index].text
        return scenario.expectations.firstIndex { $0.text == text } == index
    }

    /// Neighbouring rule sets with the same results, as one range.
    static func groups(_ report: ScenarioReport) -> [(name: String, result: ScenarioReport.Result)] {
        var groups: [(first: String, last: String, result: ScenarioReport.Result)] = []
        for result in report.results {
            if let last = groups.last, signature(last.result) == signature(result), isPreset(result), isPreset(last.result) {
                groups[groups.count - 1].last = result.ruleSet.name
            } else {
                groups.append((result.ruleSet.name, result.ruleSet.name, result))
            }
        }
        return groups.map { ($0.first == $0.last ? $0.first : "\($0.first)..\($0.last)", $0.result) }
    }

    private static func isPreset(_ result: ScenarioReport.Result) -> Bool {
        RuleSet.presets.contains { $0.name == result.ruleSet.name }
    }

    private static func signature(_ result: ScenarioReport.Result) -> String {
        result.exploration.findings.map { $0.frequency?.rawValue ?? "?" }.joined(separator: ",")
            + result.passes.map { $0.map { $0 ? "+" : "!" } ?? "." }.joined() + (result.exploration.stop == nil ? "" : "stopped")
    }

    static func word(_ report: ScenarioReport, _ index: Int, _ result: ScenarioReport.Result) -> String {
        if let stop = result.exploration.stop { return stop.description }
        return result.exploration.findings[index].frequency?.rawValue ?? "no final state"
    }

    private static func failed(_ report: ScenarioReport, _ text: String, _ result: ScenarioReport.Result) -> Bool {
        zip(report.scenario.expectations, result.passes).contains { $0.0.text == text && $0.1 == false }
    }

    private static func claimed(_ report: ScenarioReport, _ index: Int, _ group: (name: String, result: ScenarioReport.Result)) -> String {
        let text = report.scenario.expectations[index].text
        let claims = zip(report.scenario.expectations, group.result.passes).filter { $0.0.text == text && $0.1 == false }
        return claims.map { "\($0.0.frequency.rawValue) (line \($0.0.line))" }.joined(separator: ", ")
    }

    static func pad(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }

    // MARK: JSON

    /// The results as one JSON object.
    public static func json(_ report: ScenarioReport) -> String {
        let rows = report.results.map { result in
            let claims = report.scenario.expectations.indices.map { index in
                let passes = result.passes[index].map { $0 ? "true" : "false" } ?? "null"
                let found = result.exploration.findings[index].frequency?.rawValue
                return "{\"predicate\":\(quote(report.scenario.expectations[index].text)),"
                    + "\"found\":\(found.map(quote) ?? "null"),\"passes\":\(passes)}"
            }
            return "{\"rules\":\(quote(result.ruleSet.name)),\"states\":\(result.exploration.states),"
                + "\"transitions\":\(result.exploration.transitions),\"finalStates\":\(result.exploration.finalStates),"
                + "\"bitsPerState\":\(result.exploration.bitsPerState),\"stopped\":\(result.exploration.stop != nil),"
                + "\"claims\":[\(claims.joined(separator: ","))]}"
        }
        return "{\"scenario\":\(quote(report.scenario.name)),\"debate\":\(quote(report.scenario.debate)),"
            + "\"passes\":\(report.passes),\"results\":[\(rows.joined(separator: ","))]}"
    }

    static func quote(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case "\n": quoted += "\\n"
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}
