// GeneratedProgram.swift - a random program that can be made smaller, and written as a scenario file.
import Litmus

/// A random program.
struct GeneratedProgram {
    let name: String
    let memory: [String]
    /// Statements of the parent and of its child.
    var parts: [[String]]

    /// The scenario file. Each statement's outcome is compared when it runs; the claim is there because a file needs one.
    var text: String {
        var lines = ["scenario \(name)", "debate generated", "question \"Does the running kernel do what the model does?\"", ""]
        lines += memory
        for (process, statements) in zip(["p", "c"], parts) where !statements.isEmpty {
            lines += ["run \(process) {"] + statements.map { "  \($0)" } + ["}"]
        }
        lines.append("expect never underflow")
        return lines.joined(separator: "\n") + "\n"
    }

    /// Nil where leaving statements out has left something without meaning, as a holder that nobody makes.
    func scenario() -> Scenario? { try? ScenarioParser.parse(text, file: name) }

    /// The program without one statement, for each one.
    func smaller() -> [GeneratedProgram] {
        var programs: [GeneratedProgram] = []
        for part in parts.indices {
            for place in parts[part].indices {
                var program = self
                program.parts[part].remove(at: place)
                programs.append(program)
            }
        }
        return programs
    }
}
