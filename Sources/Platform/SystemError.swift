// SystemError.swift - what a failed system call reports.
//
// Owns: the errno value and the name of the call. Does not: decide what the failure means. Counterpart: errno(3).
import Glibc

/// A system call that failed.
public struct SystemError: Error, CustomStringConvertible {
    /// The errno value.
    public let number: Int32
    /// The call that failed, by its manual page's name.
    public let call: StaticString

    public init(number: Int32, call: StaticString) {
        self.number = number
        self.call = call
    }

    public var description: String { "\(call): \(Self.text(of: number)) (errno \(number))" }

    /// The system's words for an errno value.
    public static func text(of number: Int32) -> String {
        guard let words = unsafe strerror(number) else { return "error \(number)" }
        return unsafe String(cString: words)
    }

    /// Passes a count or descriptor on, and throws a value that is a negated errno.
    @discardableResult
    static func check<Result: SignedInteger>(_ result: Result, _ call: StaticString) throws(SystemError) -> Result {
        guard result >= 0 else { throw SystemError(number: Int32(truncatingIfNeeded: -result), call: call) }
        return result
    }
}
