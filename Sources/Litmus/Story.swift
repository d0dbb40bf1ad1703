// Story.swift - a scenario's debate, results and traces as text.

/// A scenario told as text.
public enum Story {
    /// The story: prose, table, and a trace for each distinct answer.
    public static func text(_ report: ScenarioReport) -> String {
        var lines = report.scenario.text
        lines.append("")
        lines.append(ReportTable.text(report))
        for chapter in chapters(report) {
            lines.append("")
            lines.append("\(chapter.title):")
            lines.append(chapter.trace.text())
        }
        return lines.joined(separator: "\n")
    }

    /// One trace per predicate and way it comes out, under the first rule set of each group of eras.
    static func chapters(_ report: ScenarioReport) -> [(title: String, trace: Trace)] {
        var chapters: [(String, Trace)] = []
        var told: [String] = []
        for group in ReportTable.groups(report) {
            for (index, expectation) in report.scenario.expectations.enumerated() where ReportTable.isFirst(index, report.scenario) {
                for holds in [true, false] {
                    let key = "\(expectation.text) \(holds)"
                    guard !told.contains(key),
                        let trace = Trace(report.scenario, group.result.ruleSet, expectation: index, holds: holds)
                    else { continue }
                    told.append(key)
                    // The same steps may show two answers: told once, under the first.
                    let steps = trace.steps.map { "\($0.actor.index) \($0.statement)" }.joined(separator: ";")
                    guard !told.contains(steps) else { continue }
                    told.append(steps)
                    chapters.append(("\(expectation.text) — \(holds ? "holds" : "does not hold")", trace))
                }
            }
        }
        return chapters
    }
}
