// SupportTable.swift - the rules as tables for docs/SUPPORT.md.

enum SupportTable {
    static func text(_ topics: [Topic]) -> String {
        opening + sections(topics)
    }

    private static let opening = """
        # What is supported, and what each refusal returns

        Every row is a rule of the generated suite in `Tests/Suite`, whose expectations are written from the InfiniBand
        specification (*IBA*, volume 1) and the man pages of libibverbs, and every rule is tried on the live device: the last
        column says by how many cases. The page is printed by the suite; a test fails when the two differ. After a change:
        `VERBENA_WRITE_DOCS=1 swift test --filter GeneratedSuiteTests`. What the rules of module `Verbs` answer by themselves is in
        [STATUS.md](STATUS.md).

        Names are those of `infiniband/verbs.h` without their prefixes. A function that returns a pointer returns NULL and
        sets errno to what is given here; other functions return the number. *Chosen* says why, where the specification and
        the man pages leave a choice or real devices differ.


        """

    private static func sections(_ topics: [Topic]) -> String {
        topics.map { topic in
            let header = "## \(topic.title)\n\n| what | when | answer | from | cases |\n| --- | --- | --- | --- | --- |\n"
            let rows = topic.rules.map { rule in
                let answer = rule.choice.isEmpty ? rule.answer : "\(rule.answer). *Chosen:* \(rule.choice)"
                return "| \(rule.subject) | \(rule.condition) | \(answer) | \(rule.source) | \(rule.cases.count) |"
            }
            return header + rows.joined(separator: "\n") + "\n"
        }.joined(separator: "\n")
    }
}
