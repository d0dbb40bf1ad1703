// HeaderRule.swift - every file says in its first line what it is.

/// The first line of a source file is "// Name.swift - what it is.".
struct HeaderRule: Rule {
    func covers(_ file: SourceFile) -> Bool {
        file.isSwift && (file.path.hasPrefix("Sources/") || file.path.hasPrefix("Tests/"))
    }

    func findings(in file: SourceFile) -> [Finding] {
        let opening = "// \(file.name) - "
        let first = file.lines.first ?? ""
        if first.hasPrefix(opening) && first.count > opening.count + 8 { return [] }
        return [Finding(path: file.path, line: 1, message: "does not open with \"\(opening)what it is\"")]
    }
}
