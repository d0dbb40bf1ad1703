// Rule.swift - one promise of the verbs, with every case that it has on this device.

/// One promise of the verbs: a row of the support table, and the cases that show it to hold.
struct Rule {
    /// The function or the object.
    let subject: String
    /// When: what is asked for.
    let condition: String
    /// What the program gets.
    let answer: String
    /// Chapter of the InfiniBand specification (volume 1) or the man page.
    let source: String
    /// Where these leave a choice, or devices differ: what was chosen, and why.
    var choice = ""
    let cases: [Case]

    init(
        _ subject: String, _ condition: String, _ answer: String, _ source: String, choice: String = "",
        _ cases: [Case]
    ) {
        self.subject = subject
        self.condition = condition
        self.answer = answer
        self.source = source
        self.choice = choice
        self.cases = cases
    }

    /// A rule with one case.
    init(
        _ subject: String, _ condition: String, _ answer: String, _ source: String, choice: String = "",
        _ body: @escaping (Bench) throws -> Void
    ) {
        self.init(subject, condition, answer, source, choice: choice, [Case(coordinates: "", body: body)])
    }
}
