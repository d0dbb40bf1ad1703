// TypeNameRule.swift - a file is named after the one type it declares.

/// `Thing.swift` declares Thing, `Thing+Concern.swift` extends it, and no second type stands beside it in the open.
struct TypeNameRule: Rule {
    /// Modules whose files may hold C functions, and extensions of C structs, and no type at all.
    static let functionModules: Set<String> = ["VerbsABI", "VerbenaPreload"]

    func covers(_ file: SourceFile) -> Bool { file.isSwift && file.module != nil }

    func findings(in file: SourceFile) -> [Finding] {
        let declarations = file.code.enumerated().compactMap { index, line in
            Self.declaration(line).map { (line: index + 1, $0) }
        }
        let stem = String(file.name.dropLast(".swift".count))
        let subject = String(stem.split(separator: "+").first ?? "")
        let types = declarations.filter { $0.1.keyword != "extension" && !$0.1.isPrivate }
        var found = types.filter { $0.1.name != subject }.map {
            Finding(path: file.path, line: $0.line, message: "declares \($0.1.name): one type per file, named after it")
        }
        if types.isEmpty && Self.functionModules.contains(file.module ?? "") { return found }
        if !declarations.contains(where: { $0.1.name == subject }) {
            found.append(Finding(path: file.path, line: 1, message: "declares nothing named \(subject)"))
        }
        return found
    }

    private struct Declaration {
        let keyword: String
        let name: String
        let isPrivate: Bool
    }

    /// The type declaration that starts at the left margin of a line.
    private static func declaration(_ line: String) -> Declaration? {
        guard let first = line.first, first != " " else { return nil }
        let words = line.split(whereSeparator: { !($0.isLetter || $0.isNumber || $0 == "_" || $0 == "@" || $0 == ".") })
        let keywords: Set<Substring> = ["struct", "class", "enum", "actor", "protocol", "extension", "typealias"]
        guard let position = words.firstIndex(where: keywords.contains), position + 1 < words.count else { return nil }
        if words[..<position].contains(where: { ["func", "var", "let", "init", "import"].contains($0) }) { return nil }
        // `extension Outer.Inner` is about Inner.
        let name = words[position + 1].split(separator: ".").last.map(String.init) ?? ""
        let isPrivate = words[..<position].contains { $0 == "private" || $0 == "fileprivate" }
        return Declaration(keyword: String(words[position]), name: name, isPrivate: isPrivate)
    }
}
