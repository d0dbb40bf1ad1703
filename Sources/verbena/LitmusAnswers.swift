// LitmusAnswers.swift - `verbena litmus answers`: the document of answers, from the catalogue's own results.
import ArgumentParser
import Litmus

struct LitmusAnswers: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "answers", abstract: "Write the questions and their answers per era, from the results of a run.",
        discussion: """
            EXAMPLES
              verbena litmus answers --output docs/ANSWERS.md
              verbena litmus answers --check docs/ANSWERS.md      exit code 1 if the document is stale
            """)

    @Argument(help: "Scenario files, or folders of them.")
    var files: [String] = ["litmus"]

    @Option(help: "Where to write; standard output otherwise.")
    var output: String?

    @Option(help: "Compare with this file instead of writing.")
    var check: String?

    func run() throws {
        let scenarios = try LitmusFiles.scenarios(files)
        let reports = LitmusJobs.map(scenarios.count) { ScenarioReport(scenarios[$0], ruleSets: scenarios[$0].ruleSets) }
        let document = AnswersDocument.text(reports)
        if let check {
            guard try LitmusFiles.read(check) == document else {
                LitmusFiles.complain("\(check) is stale: run 'verbena litmus answers --output \(check)'")
                throw ExitCode(1)
            }
            print("\(check) is what the catalogue says")
        } else if let output {
            try LitmusFiles.write(document, to: output)
        } else {
            print(document, terminator: "")
        }
    }
}
