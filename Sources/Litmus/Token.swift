// Token.swift - one word, number, string or sign of a scenario file.

/// One word, number, string or sign of a scenario file.
struct Token: Equatable, Sendable {
    enum Kind: Equatable, Sendable {
        case word
        case string
        case sign
        /// The end of the line.
        case end
    }

    let kind: Kind
    let text: String
    /// From 1.
    let column: Int

    /// How a message names it.
    var shown: String { kind == .end ? "end of line" : "'\(text)'" }
}
