// Topic.swift - the rules about one part of the verbs.

/// The rules about one part of the verbs: a section of the support table.
struct Topic {
    let name: String
    let title: String
    let rules: [Rule]

    var caseCount: Int { rules.reduce(0) { $0 + $1.cases.count } }
}
