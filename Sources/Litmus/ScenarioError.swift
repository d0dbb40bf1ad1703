// ScenarioError.swift - a mistake in a scenario file, with its place.
//
// Owns: the message's form: file, line, column, the text with a caret, what was expected.

/// A mistake in a scenario file.
public struct ScenarioError: Error, Sendable, Equatable {
    public var file: String
    /// From 1.
    public var line: Int
    /// From 1, in characters.
    public var column: Int
    public var text: String
    public var found: String
    public var expected: String

    public init(file: String, line: Int, column: Int, text: String, found: String, expected: String) {
        (self.file, self.line, self.column) = (file, line, column)
        (self.text, self.found, self.expected) = (text, found, expected)
    }

    /// The message, over three lines.
    public var description: String {
        let margin = String(repeating: " ", count: max(0, column - 1))
        return "\(file):\(line):\(column): error: \(found); expected \(expected)\n  \(text)\n  \(margin)^"
    }
}
