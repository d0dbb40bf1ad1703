// LitmusCommand.swift - `verbena litmus`: the modelled kernel on the command line.
//
// Owns: the list of its subcommands.
import ArgumentParser

struct LitmusCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "litmus",
        abstract: "Small scenarios of kernel memory, run over every interleaving under the rules of any kernel.",
        discussion: """
            EXAMPLES
              verbena litmus list
              verbena litmus run litmus/fork/parent-writes-first.litmus
              verbena litmus run litmus --rules 5.8,5.9
              verbena litmus explain litmus/fork/parent-writes-first.litmus --html story.html
              verbena litmus rules
            """,
        subcommands: [
            LitmusRun.self, LitmusExplain.self, LitmusList.self, LitmusRules.self, LitmusMatrix.self, LitmusAnswers.self,
            LitmusCount.self, LitmusHostCommand.self,
            LitmusFuzz.self,
        ])
}
