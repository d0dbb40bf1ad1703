// Refusal.swift - why the command line does not do what it was asked to, and what helps.
import ArgumentParser
import Platform

/// A failure with its remedy and the exit status that a shell would give.
struct Refusal: Error {
    let text: String
    let remedy: String?
    let status: Int32

    init(_ text: String, remedy: String?, status: Int32) {
        self.text = text
        self.remedy = remedy
        self.status = status
    }

    /// Says it on standard error, and gives the status to end with.
    func report() -> ExitCode {
        Host.writeStandardError("verbena: \(text)\n")
        if let remedy { Host.writeStandardError("  \(remedy)\n") }
        return ExitCode(status)
    }
}
