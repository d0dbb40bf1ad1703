// LitmusList.swift - `verbena litmus list`.
import ArgumentParser
import Litmus

struct LitmusList: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the catalogue: debate, scenario, question.",
        discussion: "EXAMPLES\n  verbena litmus list\n  verbena litmus list litmus/fork --json")

    @Argument(help: "Scenario files, or folders of them.")
    var files: [String] = ["litmus"]

    @Flag(help: "One JSON object per scenario.")
    var json = false

    func run() throws {
        let scenarios = try LitmusFiles.scenarios(files)
        let width = scenarios.map { $0.debate.count + $0.name.count + 1 }.max() ?? 0
        for scenario in scenarios {
            let name = "\(scenario.debate)/\(scenario.name)"
            if json {
                print("{\"scenario\":\"\(scenario.name)\",\"debate\":\"\(scenario.debate)\",\"file\":\"\(scenario.file)\"}")
            } else {
                print(name + String(repeating: " ", count: width - name.count + 2) + scenario.question)
            }
        }
    }
}
