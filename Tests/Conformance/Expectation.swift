// Expectation.swift - what the output of a client must show.

/// Judged on the text that a client printed.
enum Expectation: Sendable {
    /// A pingpong's closing line: so many exchanges are complete.
    case pingpong(iterations: Int)
    /// One row of perftest's table for each size, with all iterations complete.
    case perftest(sizes: [Int], iterations: Int)
    /// One result of each named qperf test.
    case qperf(tests: [String])
    /// This text.
    case text(String)

    /// Words that no good run prints.
    static let bad = ["error", "failed", "couldn't", "unable", "invalid", "not supported", "mismatch", "assert"]

    /// Why the output does not meet the expectation; empty where it does.
    func complaints(about output: String) -> [String] {
        switch self {
        case .pingpong(let iterations):
            return output.contains("\n\(iterations) iters in ") ? [] : ["does not say that \(iterations) iterations are done"]
        case .perftest(let sizes, let iterations):
            let rows = Self.rows(output)
            return sizes.filter { size in !rows.contains { $0[0] == size && $0[1] >= iterations } }
                .map { "has no row for \($0) bytes with \(iterations) iterations" }
        case .qperf(let tests):
            return tests.filter { !Self.hasResult($0, output) }.map { "has no result for \($0)" }
        case .text(let text):
            return output.contains(text) ? [] : ["does not say \"\(text)\""]
        }
    }

    /// The bad words in an output, each with its line.
    static func badLines(_ output: String) -> [String] {
        output.split(separator: "\n").map(String.init).filter { line in
            let lowercase = line.lowercased()
            return bad.contains { lowercase.contains($0) }
        }
    }

    /// The lines of perftest's table: every one that starts with two whole numbers.
    private static func rows(_ output: String) -> [[Int]] {
        output.split(separator: "\n").compactMap { line in
            let fields = line.split(separator: " ")
            guard fields.count > 2, let size = Int(fields[0]), let iterations = Int(fields[1]) else { return nil }
            return [size, iterations]
        }
    }

    /// qperf prints the test's name with a colon, then "value  =  number unit" lines, indented.
    private static func hasResult(_ test: String, _ output: String) -> Bool {
        let lines = output.split(separator: "\n", omittingEmptySubsequences: false)
        guard let heading = lines.firstIndex(of: "\(test):"), heading + 1 < lines.count else { return false }
        let result = lines[heading + 1]
        return result.hasPrefix("    ") && result.contains("=")
    }
}
