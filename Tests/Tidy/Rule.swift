// Rule.swift - what every check of the tree has in common.

/// One rule, judged file by file.
protocol Rule {
    /// Whether the rule speaks about this file at all.
    func covers(_ file: SourceFile) -> Bool
    /// Every place in a covered file that breaks the rule.
    func findings(in file: SourceFile) -> [Finding]
}

extension Rule {
    /// What the rule says of a whole tree.
    func findings(in tree: SourceTree) -> [Finding] {
        tree.files.filter(covers).flatMap(findings(in:))
    }
}
