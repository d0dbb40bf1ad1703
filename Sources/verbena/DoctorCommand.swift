// DoctorCommand.swift - `verbena doctor`: what this machine allows.
//
// Owns: the report and its exit status. The examination itself is Examination's.
import ArgumentParser

struct DoctorCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Say what this machine allows, and what would help.",
        discussion: """
            What can be tried is tried, in processes of its own: settings say less than a trial.

            Examples:
              verbena doctor
              verbena doctor --json

            Exit status: 0 if the device can work here, limits included; 1 if not.
            """)

    @Flag(help: "Write JSON instead of a table.")
    var json = false

    func run() throws {
        let findings = Examination.all()
        let works = !findings.contains { $0.grade == .fatal }
        if json {
            Output.json(.object([("works", .bool(works)), ("findings", .array(findings.map(\.json)))]))
        } else {
            Self.show(findings, works)
        }
        if !works { throw ExitCode(1) }
    }

    private static func show(_ findings: [Finding], _ works: Bool) {
        var table = TextTable(["", "finding", "value", "consequence", "remedy"])
        for finding in findings {
            table.add(
                [finding.grade.rawValue, finding.name, finding.value, finding.consequence, finding.remedy],
                style: finding.grade.style)
        }
        Output.table(table)
        print(works ? "\nThe device can work here." : "\nThe device cannot work here: see \"fail\" above.")
    }
}
