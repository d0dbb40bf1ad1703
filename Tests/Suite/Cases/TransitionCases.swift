// TransitionCases.swift - every state × every target state × every attribute, for each kind of queue pair.

import CVerbs
import Glibc

enum TransitionCases {
    static var topic: Topic {
        Topic(
            name: "transitions", title: "Changes of state (`ibv_modify_qp`)",
            rules: (Kind.allCases + Kind.halves).flatMap { kind in
                Transitions.all.filter { $0.kind == kind }.map(legal)
                    + [illegal(kind), noSuchState(kind), unknownAttribute(kind)]
            })
    }

    private static let source = "ibv_modify_qp(3); IBA 10.3.1, 11.2.5.2"
    /// Why a choice was made where kernels and the specification part.
    private static let fromReset = """
        Kernels differ for RESET to ERR, some refuse it; the specification allows both targets from any state.
        """

    // MARK: Legal changes

    private static func legal(_ row: Transitions) -> Rule {
        let others = Attribute.allCases.filter { $0 != .state && !row.required.contains($0) && !row.optional.contains($0) }
        // Leaving for RESET or ERR needs nothing; without a state in the mask the queue pair stays where it is.
        let cases =
            [attempt(row, "exactly what is required", row.required, 0)]
            + row.optional.map { attempt(row, "with \($0)", row.required + [$0], 0) }
            + (row.optional.count > 1 ? [attempt(row, "with all that is optional", row.required + row.optional, 0)] : [])
            + row.required.map { missing in attempt(row, "without \(missing)", row.required.filter { $0 != missing }, EINVAL) }
            + others.map { attempt(row, "with \($0)", row.required + [$0], Transitions.otherHalf(row.kind).contains($0) ? 0 : EINVAL) }
            + (row.from == row.to && row.from != .reset && row.from != .error ? row.optional.map(keeping(row)) : [])
        let required = row.required.isEmpty ? "nothing else" : row.required.map(\.description).joined(separator: ", ")
        let optional = row.optional.isEmpty ? "" : "; optional " + row.optional.map(\.description).joined(separator: ", ")
        return Rule(
            "\(row.kind) \(row.from) → \(row.to)", "required \(required)\(optional)",
            "success; EINVAL and no change where one is missing or another named", source,
            choice: choice(row), cases)
    }

    private static func choice(_ row: Transitions) -> String {
        if row.from == .reset && row.to == .error { return fromReset }
        let ignored = Transitions.otherHalf(row.kind).map(\.description).joined(separator: ", ")
        return ignored.isEmpty ? "" : "as the kernel does, what only the other half has is not looked at: \(ignored)"
    }

    /// Tries one mask: the answer, the state after it, and that a refusal changed nothing.
    private static func attempt(_ row: Transitions, _ words: String, _ attributes: [Attribute], _ expected: Int32) -> Case {
        Case(coordinates: "\(row.kind) \(row.from) to \(row.to) \(words)") { bench in
            let pair = try ready(bench, row.kind, row.from)
            let before = try Snapshot(pair)
            var values = Ladder().attributes(bench.device)
            values.qp_state = ibv_qp_state(rawValue: row.to.rawValue)
            values.cur_qp_state = ibv_qp_state(rawValue: row.from.rawValue)
            let code = pair.modify(values, attributes.reduce(Attribute.state.bit) { $0 | $1.bit })
            try expect("ibv_modify_qp", code: code, is: expected)
            let after = try pair.state()
            if expected == 0 {
                try expect("state", after, is: row.to)
            } else {
                try expect("attributes after the refusal", try Snapshot(pair), is: before)
            }
        }
    }

    /// The same attribute without a state in the mask: what may change from a state to itself may change so.
    private static func keeping(_ row: Transitions) -> (Attribute) -> Case {
        { attribute in
            Case(coordinates: "\(row.kind) \(row.from) stays, sets \(attribute)") { bench in
                let pair = try ready(bench, row.kind, row.from)
                var values = Ladder().attributes(bench.device)
                values.cur_qp_state = ibv_qp_state(rawValue: row.from.rawValue)
                try expect("ibv_modify_qp", code: pair.modify(values, attribute.bit), is: 0)
                try expect("state", try pair.state(), is: row.from)
            }
        }
    }

    // MARK: Everything else

    private static func illegal(_ kind: Kind) -> Rule {
        let pairs = Transitions.states(kind).flatMap { from in State.allCases.map { (from, $0) } }
            .filter { Transitions.row(kind, $0.0, $0.1) == nil }
        let everything = Attribute.allCases.filter { $0 != .rateLimit && $0 != .capabilities }.reduce(0) { $0 | $1.bit }
        let cases = pairs.flatMap { from, to in
            [("the state alone", Attribute.state.bit), ("every attribute", everything)].map { words, mask in
                refusal("\(kind) \(from) to \(to), \(words)", kind, from, mask) { $0.qp_state = ibv_qp_state(rawValue: to.rawValue) }
            }
        }
        return Rule("\(kind) any other change", "whatever the attributes", "EINVAL, nothing changes", source, cases)
    }

    private static func noSuchState(_ kind: Kind) -> Rule {
        let cases = Transitions.states(kind).flatMap { from in
            [7, 8, 255, 0x101, UInt32.max].map { number in
                refusal("\(kind) \(from) to \(number)", kind, from, Attribute.state.bit) { $0.qp_state = ibv_qp_state(rawValue: number) }
            }
        }
        return Rule("\(kind) a state that is none", "qp_state above ERR", "EINVAL, nothing changes", source, cases)
    }

    private static func unknownAttribute(_ kind: Kind) -> Rule {
        let bits: [UInt32] = [21, 22, 23, 24, 26, 30, 31]
        let cases = Transitions.states(kind).flatMap { from in
            bits.map { bit in refusal("\(kind) \(from) bit \(bit)", kind, from, 1 << bit) { _ in } }
        }
        return Rule("\(kind) an attribute that is none", "a bit of attr_mask without a name", "EINVAL, nothing changes", source, cases)
    }

    private static func refusal(
        _ coordinates: String, _ kind: Kind, _ from: State, _ mask: UInt32, _ set: @escaping (inout ibv_qp_attr) -> Void
    ) -> Case {
        Case(coordinates: coordinates) { bench in
            let pair = try ready(bench, kind, from)
            let before = try Snapshot(pair)
            var values = Ladder().attributes(bench.device)
            values.cur_qp_state = ibv_qp_state(rawValue: from.rawValue)
            set(&values)
            try expect("ibv_modify_qp", code: pair.modify(values, mask), is: EINVAL)
            try expect("attributes after the refusal", try Snapshot(pair), is: before)
        }
    }

    /// A pair of its own, connected to itself, in a state.
    private static func ready(_ bench: Bench, _ kind: Kind, _ state: State) throws -> Pair {
        let pair = try bench.pair(bench.domain(), bench.queue(), nil, PairPlan(kind))
        var ladder = Ladder()
        ladder.peer = pair.number
        try ladder.climb(pair, to: state)
        return pair
    }
}
