// TokenStream.swift - the tokens of one line, read one by one, with located complaints.

/// The tokens of one line.
struct TokenStream {
    let file: String
    let line: Int
    let text: String
    private let tokens: [Token]
    private var position = 0

    init(file: String, line: Int, text: String) throws(ScenarioError) {
        self.file = file
        self.line = line
        self.text = text
        switch Lexer.tokens(text) {
        case .success(let tokens): self.tokens = tokens
        case .failure(let bad):
            throw ScenarioError(file: file, line: line, column: bad.column, text: text, found: bad.found, expected: bad.expected)
        }
    }

    var current: Token { tokens[position] }
    var isAtEnd: Bool { current.kind == .end }

    /// A complaint about `token`, or about the current one.
    func error(_ expected: String, at token: Token? = nil, found: String? = nil) -> ScenarioError {
        let token = token ?? current
        return ScenarioError(
            file: file, line: line, column: token.column, text: text, found: found ?? "found \(token.shown)", expected: expected)
    }

    mutating func advance() -> Token {
        let token = current
        if position + 1 < tokens.count { position += 1 }
        return token
    }

    /// Takes the word or sign if it is next.
    mutating func take(_ text: String) -> Bool {
        guard current.kind != .string, current.kind != .end, current.text == text else { return false }
        _ = advance()
        return true
    }

    mutating func expect(_ text: String) throws(ScenarioError) {
        guard take(text) else { throw error("'\(text)'") }
    }

    mutating func word(_ meaning: String) throws(ScenarioError) -> Token {
        guard current.kind == .word else { throw error(meaning) }
        return advance()
    }

    mutating func string(_ meaning: String) throws(ScenarioError) -> String {
        guard current.kind == .string else { throw error(meaning) }
        return advance().text
    }

    /// A whole number within bounds.
    mutating func number(_ meaning: String, _ range: ClosedRange<Int>) throws(ScenarioError) -> Int {
        guard current.kind == .word, let number = Int(current.text) else { throw error(meaning) }
        guard range.contains(number) else {
            throw error("\(meaning) from \(range.lowerBound) to \(range.upperBound)", found: "\(number) is out of range")
        }
        _ = advance()
        return number
    }

    func expectEnd() throws(ScenarioError) {
        guard isAtEnd else { throw error("end of line") }
    }

    /// The text from a column to the end of what was read.
    func source(from column: Int) -> String {
        let characters = Array(text)
        let end = isAtEnd ? current.column - 1 : current.column - 1
        var piece = String(characters[min(column - 1, characters.count)..<min(end, characters.count)])
        while piece.last == " " || piece.last == "\t" { piece.removeLast() }
        return piece
    }
}
