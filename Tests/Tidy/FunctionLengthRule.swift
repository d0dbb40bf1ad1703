// FunctionLengthRule.swift - functions stay short enough to be read at once.

/// No function, initializer or subscript is longer than the limit, but for those listed with their reason.
struct FunctionLengthRule: Rule {
    static let limit = 70
    /// "path: name" and why it must be long.
    let exceptions: [String: String]

    func covers(_ file: SourceFile) -> Bool { file.isSwift || file.isC }

    func findings(in file: SourceFile) -> [Finding] {
        Self.functions(in: file).compactMap { function in
            guard function.lines > Self.limit, exceptions["\(file.path): \(function.name)"] == nil else { return nil }
            let message = "\(function.name) is \(function.lines) lines long; the limit is \(Self.limit)"
            return Finding(path: file.path, line: function.start, message: message)
        }
    }

    /// The exceptions that no long function needs.
    func staleExceptions(in tree: SourceTree) -> [String] {
        let long = Set(tree.files.filter(covers).flatMap { file in
            Self.functions(in: file).filter { $0.lines > Self.limit }.map { "\(file.path): \($0.name)" }
        })
        return exceptions.keys.filter { !long.contains($0) }.sorted()
    }

    struct Function: Equatable {
        let name: String
        let start: Int
        let lines: Int
    }

    static func functions(in file: SourceFile) -> [Function] {
        var found: [Function] = []
        for index in file.code.indices {
            guard let name = file.isC ? cName(file.code, index) : swiftName(file.code[index]) else { continue }
            guard let end = endOfBody(file.code, from: index) else { continue }
            found.append(Function(name: name, start: index + 1, lines: end - index + 1))
        }
        return found
    }

    private static func swiftName(_ line: String) -> String? {
        let words = line.split(whereSeparator: { " \t(<".contains($0) })
        guard let position = words.firstIndex(where: { introducers.contains(String($0)) }) else { return nil }
        // What stands before may only be attributes and modifiers: `x.init(…)` and `self.func` are no declarations.
        guard words[..<position].allSatisfy({ $0.first == "@" || ($0.allSatisfy(\.isLetter) && !statements.contains($0)) })
        else { return nil }
        let keyword = String(words[position])
        return keyword == "func" && position + 1 < words.count ? String(words[position + 1]) : keyword
    }

    private static let introducers: Set<String> = ["func", "init", "init?", "deinit", "subscript"]
    private static let statements: Set<Substring> = ["return", "case", "try", "let", "var", "if", "guard", "in"]

    /// A C function opens at the left margin with a name before a parenthesis.
    private static func cName(_ code: [String], _ index: Int) -> String? {
        let line = code[index]
        guard let first = line.first, first.isLetter || first == "_", let open = line.firstIndex(of: "(") else { return nil }
        let name = line[..<open].split(whereSeparator: { !($0.isLetter || $0.isNumber || $0 == "_") }).last
        guard !line.hasPrefix("typedef"), !line[..<open].contains("=") else { return nil }
        return name.map(String.init)
    }

    /// The line of the brace that closes the body opening at or after a line; nil for a declaration without body.
    private static func endOfBody(_ code: [String], from start: Int) -> Int? {
        var depth = 0
        var parentheses = 0
        var opened = false
        for index in start..<code.count {
            for character in code[index].utf8 {
                switch character {
                case UInt8(ascii: "("): parentheses += 1
                case UInt8(ascii: ")"): parentheses -= 1
                case UInt8(ascii: "{") where parentheses == 0 || opened: (depth, opened) = (depth + 1, true)
                case UInt8(ascii: "}") where parentheses == 0 || opened: depth -= 1
                case UInt8(ascii: ";") where !opened: return nil
                default: break
                }
                if opened && depth == 0 { return index }
                // A requirement of a protocol ends with the brace that closes the protocol.
                if !opened && depth < 0 { return nil }
            }
            if !opened && index > start && parentheses == 0 && code[index].allSatisfy(\.isWhitespace) { return nil }
        }
        return nil
    }
}
