// Lexer.swift - cuts one line of a scenario file into tokens.
//
// Owns: the alphabet. Words hold letters, digits, '_', and '-' and '.' between those. A comment runs from '#' to the end of the line.

/// Cuts one line into tokens.
struct Lexer {
    private let characters: [Character]
    private var position = 0

    init(_ line: String) { characters = Array(line) }

    /// The line's tokens, closed by `.end`; a column instead where a string does not end or a character has no meaning.
    static func tokens(_ line: String) -> Result<[Token], BadCharacter> {
        var lexer = Lexer(line)
        var tokens: [Token] = []
        while true {
            switch lexer.next() {
            case .success(let token):
                tokens.append(token)
                if token.kind == .end { return .success(tokens) }
            case .failure(let error): return .failure(error)
            }
        }
    }

    struct BadCharacter: Error {
        let column: Int
        let found: String
        let expected: String
    }

    private func isWordCharacter(_ character: Character) -> Bool { character.isLetter || character.isNumber || character == "_" }

    private mutating func next() -> Result<Token, BadCharacter> {
        while position < characters.count, characters[position] == " " || characters[position] == "\t" { position += 1 }
        let column = position + 1
        guard position < characters.count, characters[position] != "#" else {
            return .success(Token(kind: .end, text: "", column: column))
        }
        let first = characters[position]
        if first == "\"" { return string(column) }
        if isWordCharacter(first) { return .success(word(column)) }
        let two = position + 1 < characters.count ? String(characters[position...(position + 1)]) : ""
        if ["->", "==", "!=", "<=", ">=", ".."].contains(two) {
            position += 2
            return .success(Token(kind: .sign, text: two, column: column))
        }
        if "{}[](),=<>+-:".contains(first) {
            position += 1
            return .success(Token(kind: .sign, text: String(first), column: column))
        }
        return .failure(BadCharacter(column: column, found: "the character '\(first)'", expected: "a word, a number, a string or a sign"))
    }

    private mutating func string(_ column: Int) -> Result<Token, BadCharacter> {
        var text = ""
        position += 1
        while position < characters.count, characters[position] != "\"" {
            text.append(characters[position])
            position += 1
        }
        guard position < characters.count else {
            return .failure(BadCharacter(column: column, found: "a string that does not end", expected: "a closing '\"' on the same line"))
        }
        position += 1
        return .success(Token(kind: .string, text: text, column: column))
    }

    private mutating func word(_ column: Int) -> Token {
        var text = ""
        while position < characters.count {
            let character = characters[position]
            let joins = (character == "-" || character == ".") && position + 1 < characters.count
                && isWordCharacter(characters[position + 1])
            guard isWordCharacter(character) || joins else { break }
            text.append(character)
            position += 1
        }
        return Token(kind: .word, text: text, column: column)
    }
}
