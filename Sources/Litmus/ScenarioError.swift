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

    /// The message, over three lines. Of a long line the piece around the place is shown; what a terminal could not print is written
    /// as its number.
    public var description: String {
        let characters = Array(text)
        let place = min(max(0, column - 1), characters.count)
        let first = place > 60 ? place - 60 : 0
        let last = min(characters.count, place + 60)
        let before = (first > 0 ? "…" : "") + ScenarioError.printable(characters[first..<place])
        let after = ScenarioError.printable(characters[place..<last]) + (last < characters.count ? "…" : "")
        let margin = String(repeating: " ", count: before.count)
        let message = "\(file):\(line):\(column): error: \(found); expected \(expected)"
        return "\(ScenarioError.printable(message))\n  \(before)\(after)\n  \(margin)^"
    }

    /// The characters as they are if a terminal shows each in a place of its own; else as "\u{...}".
    static func printable(_ characters: some Sequence<Character>) -> String {
        var text = ""
        for character in characters {
            if character == "\t" {
                text.append(" ")
                continue
            }
            for scalar in character.unicodeScalars {
                switch scalar.properties.generalCategory {
                case .control, .format, .unassigned, .privateUse, .surrogate, .lineSeparator, .paragraphSeparator, .nonspacingMark,
                    .enclosingMark:
                    text += "\\u{\(String(scalar.value, radix: 16))}"
                default: text.unicodeScalars.append(scalar)
                }
            }
        }
        return text
    }
}
