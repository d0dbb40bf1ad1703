// TargetReport.swift - what the target saw of an exchange.

/// What the target saw of an exchange.
struct TargetReport: Codable {
    var completions: [Completion] = []
    var events: [Event] = []
    var state: State?
    /// The memory that one-sided operations name.
    var memory: Changes?
    /// The memory of the first receive.
    var received: Changes?
}
