// SupportTable.swift - the rules as tables for docs/SUPPORT.md.

enum SupportTable {
    static func text(_ topics: [Topic]) -> String {
        opening + sections(topics) + absentStatuses
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

    /// No case can show what never comes: these are the rest of `enum ibv_wc_status`, with the reason of each.
    private static let absentStatuses = """

        ## Statuses that never come

        | status | why |
        | --- | --- |
        | LOC_EEC_OP_ERR, LOC_RDD_VIOL_ERR, REM_INV_RD_REQ_ERR, REM_ABORT_ERR, INV_EECN_ERR, INV_EEC_STATE_ERR | of reliable datagrams, which libibverbs cannot make |
        | BAD_RESP_ERR | no packet answers a request: there is no opcode of a response that could be wrong |
        | LOC_ACCESS_ERR | of a write with immediate that is refused: it takes no receive here, the target is told by an event and its receives are flushed |
        | FATAL_ERR | of a broken adapter |
        | RESP_TIMEOUT_ERR | a peer that does not answer is RETRY_EXC_ERR |
        | GENERAL_ERR | only where somebody overwrote the shared pages of a queue: no request of a program brings it |
        | TM_ERR, TM_RNDV_INCOMPLETE | of tag matching, which no shared receive queue here has: ibv_create_srq_ex answers EOPNOTSUPP |

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
