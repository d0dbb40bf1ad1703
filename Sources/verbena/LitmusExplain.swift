// LitmusExplain.swift - `verbena litmus explain`.
import ArgumentParser
import Litmus

struct LitmusExplain: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain", abstract: "Tell one scenario's story: its debate, its results, and a trace of each answer.",
        discussion: """
            EXAMPLES
              verbena litmus explain litmus/fork/parent-writes-first.litmus
              verbena litmus explain litmus/fork/parent-writes-first.litmus --html story.html
            """)

    @Argument(help: "A scenario file.")
    var file: String

    @Option(help: "Write one self-contained page here instead of text.")
    var html: String?

    func run() throws {
        let scenarios = try LitmusFiles.scenarios([file])
        guard scenarios.count == 1 else { throw ValidationError("'\(file)' holds \(scenarios.count) scenarios; explain takes one file") }
        let report = ScenarioReport(scenarios[0], ruleSets: scenarios[0].ruleSets)
        if let html {
            try LitmusFiles.write(StoryPage.html(report), to: html)
        } else {
            print(Story.text(report))
        }
    }
}
