// SiblingTrial.swift - tries whether one process may do to another what the device needs.
//
// Owns: two children, for the time of the trial. Only for programs with one thread: it forks.
// Counterpart: process_vm_writev(2), pidfd_getfd(2), ptrace(2) (access mode).
import CPlatform

/// What one child was allowed to do to its sibling: nil where it worked, else the errno value.
public struct SiblingTrial: Sendable {
    public let writeRefusal: Int32?
    public let readRefusal: Int32?
    public let duplicateRefusal: Int32?

    /// Forks two children, and lets one try on the other.
    public static func run() throws(SystemError) -> SiblingTrial {
        var results: (Int32, Int32, Int32) = (0, 0, 0)
        let result = unsafe verbena_probe_siblings(&results.0, &results.1, &results.2)
        try SystemError.check(result, "fork")
        func refusal(_ number: Int32) -> Int32? { number == 0 ? nil : number }
        return SiblingTrial(
            writeRefusal: refusal(results.0), readRefusal: refusal(results.1), duplicateRefusal: refusal(results.2))
    }
}
