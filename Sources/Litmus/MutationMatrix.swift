// MutationMatrix.swift - switches against scenarios: who notices what.
import KernelMemory

/// Switches against scenarios.
public struct MutationMatrix: Sendable {
    public let rows: [MutationRow]

    public init(_ rows: [MutationRow]) { self.rows = rows }

    /// Switches that no scenario notices; for a guard, whose removal makes no claim false.
    public var unnoticed: [KernelSwitch] {
        KernelSwitch.allCases.filter { rule in
            !rows.contains { rule.isGuard ? $0.breaks.contains(rule) : $0.notices.contains(rule) }
        }
    }

    /// Expectations that no rules tried could make fail.
    public var vacuous: [String] { rows.flatMap { row in row.vacuousLines.map { "\(row.name) line \($0)" } } }

    /// The matrix for people: a line per switch, its scenarios behind it; '!' where removing a guard breaks a claim.
    public func text() -> String {
        var lines: [String] = []
        for rule in KernelSwitch.allCases {
            let noticing = rows.filter { $0.notices.contains(rule) }
            let names = noticing.map { $0.breaks.contains(rule) ? "\($0.name)!" : $0.name }
            lines.append("\(ReportTable.pad(rule.name, 38)) \(noticing.count)  \(names.joined(separator: " "))")
        }
        lines.append("")
        lines.append(unnoticed.isEmpty ? "every switch is noticed" : "NOT NOTICED: \(unnoticed.map(\.name).joined(separator: ", "))")
        lines.append(vacuous.isEmpty ? "every expectation can fail" : "CANNOT FAIL: \(vacuous.joined(separator: "; "))")
        return lines.joined(separator: "\n")
    }

    /// The matrix, one JSON object per switch.
    public func json() -> String {
        KernelSwitch.allCases.map { rule in
            let names = rows.filter { $0.notices.contains(rule) }.map { ReportTable.quote($0.name) }
            let broken = rows.filter { $0.breaks.contains(rule) }.map { ReportTable.quote($0.name) }
            return "{\"switch\":\(ReportTable.quote(rule.name)),\"guard\":\(rule.isGuard),\"noticedBy\":[\(names.joined(separator: ","))],"
                + "\"claimsBroken\":[\(broken.joined(separator: ","))]}"
        }.joined(separator: "\n")
    }
}
