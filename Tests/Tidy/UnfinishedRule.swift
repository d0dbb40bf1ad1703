// UnfinishedRule.swift - work left for later is an issue, not a comment.

/// No marker of unfinished work stands anywhere.
struct UnfinishedRule: Rule {
    /// Spelled in halves, so that this file passes its own rule.
    static let markers: Set<String> = ["TO" + "DO", "FIX" + "ME", "X" + "XX", "HA" + "CK"]

    func covers(_ file: SourceFile) -> Bool { true }

    func findings(in file: SourceFile) -> [Finding] {
        file.lines.enumerated().compactMap { index, line in
            let words = line.split(whereSeparator: { !($0.isLetter || $0.isNumber || $0 == "_") })
            guard let marker = words.first(where: { Self.markers.contains(String($0)) }) else { return nil }
            return Finding(path: file.path, line: index + 1, message: "marks unfinished work: \(marker)")
        }
    }
}
