// OutsidePathRule.swift - the repository stands alone.

/// No file points at a folder that only the machine it was written on has.
struct OutsidePathRule: Rule {
    /// Spelled in halves, so that this file passes its own rule.
    static let folders = ["/wo" + "rk/", "../sha" + "red/", " sha" + "red/", "(sha" + "red/", "`sha" + "red/", "\"sha" + "red/"]

    func covers(_ file: SourceFile) -> Bool { true }

    func findings(in file: SourceFile) -> [Finding] {
        file.lines.enumerated().compactMap { index, line in
            guard let folder = Self.folders.first(where: { (" " + line).contains($0) }) else { return nil }
            return Finding(path: file.path, line: index + 1, message: "points outside the repository: \(folder)")
        }
    }
}
