// HostMismatch.swift - where the running kernel and the model of it part.

/// Where the running kernel and the model of it part.
public struct HostMismatch: Sendable, CustomStringConvertible {
    /// The statements run so far, the last of which was answered otherwise.
    public let statements: [String]
    public let predicted: String
    public let seen: String
    /// The kernel counts pins for the whole machine: another program may have made the difference.
    var isAboutPins = false

    public var description: String {
        let steps = statements.enumerated().map { "    \($0 + 1). \($1)" }.joined(separator: "\n")
        return "\(steps)\n    the model says \(predicted), the kernel \(seen)"
    }
}
