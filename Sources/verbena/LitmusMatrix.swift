// LitmusMatrix.swift - `verbena litmus matrix`: which scenario notices which switch.
import ArgumentParser
import KernelMemory
import Litmus

struct LitmusMatrix: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "matrix", abstract: "Flip every switch and remove every guard: which scenario's results change?",
        discussion: """
            Exit code 1 if some switch is noticed by no scenario, or some expectation cannot fail under any rules tried.

            EXAMPLES
              verbena litmus matrix
              verbena litmus matrix litmus/fork --json
            """)

    @Argument(help: "Scenario files, or folders of them.")
    var files: [String] = ["litmus"]

    @Flag(help: "One JSON object per switch.")
    var json = false

    func run() throws {
        let scenarios = try LitmusFiles.scenarios(files)
        let rows = LitmusJobs.map(scenarios.count) { MutationRow(scenarios[$0]) }
        let matrix = MutationMatrix(rows)
        print(json ? matrix.json() : matrix.text())
        if !matrix.unnoticed.isEmpty || !matrix.vacuous.isEmpty { throw ExitCode(1) }
    }
}
