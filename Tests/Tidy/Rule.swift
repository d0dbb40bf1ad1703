// Rule.swift - what every check of the tree has in common.

import Testing

/// One rule, judged file by file.
protocol Rule: CustomTestStringConvertible {
    /// Whether the rule speaks about this file at all.
    func covers(_ file: SourceFile) -> Bool
    /// Every place in a covered file that breaks the rule.
    func findings(in file: SourceFile) -> [Finding]
}

extension Rule {
    var testDescription: String { "\(Self.self)" }

    /// What the rule says of a whole tree.
    func findings(in tree: SourceTree) -> [Finding] {
        tree.files.filter(covers).flatMap(findings(in:))
    }
}
