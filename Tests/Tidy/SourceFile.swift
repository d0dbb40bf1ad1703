// SourceFile.swift - one text file of the repository, as written and with comments and strings blanked.

/// A file by its path from the root of the repository.
struct SourceFile {
    let path: String
    let lines: [String]
    /// The same lines where comments and the insides of strings are spaces, so that only code is left to match.
    let code: [String]

    init(path: String, text: String) {
        self.path = path
        lines = Self.split(text)
        code = Self.split(CodeMask.apply(to: text))
    }

    var name: String { path.split(separator: "/").last.map(String.init) ?? path }

    /// "Fabric" of "Sources/Fabric/Agent.swift"; nil outside Sources.
    var module: String? {
        let parts = path.split(separator: "/")
        return parts.count > 2 && parts[0] == "Sources" ? String(parts[1]) : nil
    }

    var isSwift: Bool { path.hasSuffix(".swift") }
    var isC: Bool { path.hasSuffix(".c") || path.hasSuffix(".h") }

    private static func split(_ text: String) -> [String] {
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        if lines.last == "" { lines.removeLast() }
        return lines
    }
}
