// FileLengthRule.swift - files stay short.

/// No file of code is longer than the limit.
struct FileLengthRule: Rule {
    static let limit = 500

    func covers(_ file: SourceFile) -> Bool { !file.path.hasSuffix(".md") && !file.path.hasSuffix(".txt") }

    func findings(in file: SourceFile) -> [Finding] {
        guard file.lines.count > Self.limit else { return [] }
        return [Finding(path: file.path, line: Self.limit + 1, message: "has \(file.lines.count) lines; the limit is \(Self.limit)")]
    }
}
