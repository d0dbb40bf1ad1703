// Conformance.swift - the suite that everything here belongs to: one case after another, for each keeps two cores busy.

import Testing

@Suite(.serialized) enum Conformance {
    /// Runs a case, or, where skips.txt lists it, runs it and wants it to fail.
    static func check(_ name: String, _ body: () throws -> Void) throws {
        guard let reason = Skips.reasons[name] else { return try body() }
        withKnownIssue(Comment(rawValue: reason)) { try body() }
    }

    /// Runs a program to its end and returns what it printed.
    static func run(
        _ arguments: [String], as user: User, environment: [String: String] = [:], seconds: Double = 60
    ) throws -> String {
        let process = try Workplace.shared.get().start(arguments, as: user, environment: environment)
        let ending = process.wait(seconds: seconds)
        #expect(ending == .exited(0), "as \(user): \(process.command)\n\(process.output)\(process.lastSeen)")
        return process.output
    }
}
