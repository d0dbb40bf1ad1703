// ScenarioParser+Expectations.swift - variants and expectations.
//
// Owns: the grammar of predicates, weakest first: or, and, not, comparison, term.
import KernelMemory

extension ScenarioParser {
    /// `variant NAME = PRESET {+ SWITCH | - SWITCH}`
    mutating func variant(_ stream: inout TokenStream) throws(ScenarioError) {
        let name = try stream.word("the variant's name")
        guard !scenario.ruleSets.contains(where: { $0.name == name.text }) else {
            throw stream.error("a name that no preset or variant has", at: name)
        }
        try stream.expect("=")
        let base = try stream.word("a preset: \(KernelPreset.all.map(\.name).joined(separator: ", "))")
        guard let known = scenario.ruleSets.first(where: { $0.name == base.text }) else {
            throw stream.error("a preset: \(KernelPreset.all.map(\.name).joined(separator: ", "))", at: base)
        }
        var rules = known.rules
        while !stream.isAtEnd {
            let adds = stream.take("+")
            if !adds { try stream.expect("-") }
            let token = try stream.word("a switch (see 'verbena litmus rules')")
            guard let rule = KernelSwitch.named(token.text) else {
                throw stream.error("a switch (see 'verbena litmus rules')", at: token)
            }
            rules = adds ? rules.with(rule) : rules.without(rule)
        }
        scenario.variants.append(RuleSet(name: name.text, rules: rules))
    }

    /// `expect [throughout] always|sometimes|never PREDICATE [in RULES {, RULES}]`
    mutating func expectation(_ stream: inout TokenStream) throws(ScenarioError) {
        let throughout = stream.take("throughout")
        let token = try stream.word("'always', 'sometimes' or 'never'")
        guard let frequency = Expectation.Frequency(rawValue: token.text) else {
            throw stream.error("'always', 'sometimes' or 'never'", at: token)
        }
        let column = stream.current.column
        let predicate = try disjunction(&stream)
        let text = stream.source(from: column)
        let names = stream.take("in") ? try ruleSetNames(&stream) : scenario.ruleSets.map(\.name)
        scenario.expectations.append(
            Expectation(
                frequency: frequency, throughout: throughout, predicate: predicate, text: text, ruleSets: names, line: stream.line))
    }

    /// A name, `FIRST..LAST`, `FIRST..` or `..LAST`, joined by commas. Ranges are of presets.
    private func ruleSetNames(_ stream: inout TokenStream) throws(ScenarioError) -> [String] {
        var names: [String] = []
        repeat {
            let presets = RuleSet.presets.map(\.name)
            var first: Int?
            if stream.current.text != ".." {
                let token = try stream.word("a preset, a variant or a range of presets")
                guard scenario.ruleSets.contains(where: { $0.name == token.text }) else {
                    throw stream.error("a preset or variant: \(scenario.ruleSets.map(\.name).joined(separator: ", "))", at: token)
                }
                guard stream.current.text == ".." else {
                    names.append(token.text)
                    continue
                }
                first = presets.firstIndex(of: token.text)
            }
            try stream.expect("..")
            var last: Int?
            if stream.current.kind == .word {
                let token = stream.advance()
                guard let index = presets.firstIndex(of: token.text) else {
                    throw stream.error("a preset: \(presets.joined(separator: ", "))", at: token)
                }
                last = index
            }
            let (low, high) = (first ?? 0, last ?? presets.count - 1)
            guard low <= high else { throw stream.error("a range from an older to a newer preset", found: "an empty range") }
            names += presets[low...high]
        } while stream.take(",")
        return names
    }

    private func disjunction(_ stream: inout TokenStream) throws(ScenarioError) -> Predicate {
        var left = try conjunction(&stream)
        while stream.take("or") { left = .either(left, try conjunction(&stream)) }
        return left
    }

    private func conjunction(_ stream: inout TokenStream) throws(ScenarioError) -> Predicate {
        var left = try negation(&stream)
        while stream.take("and") { left = .both(left, try negation(&stream)) }
        return left
    }

    private func negation(_ stream: inout TokenStream) throws(ScenarioError) -> Predicate {
        stream.take("not") ? .not(try negation(&stream)) : try comparison(&stream)
    }

    private func comparison(_ stream: inout TokenStream) throws(ScenarioError) -> Predicate {
        let left = try term(&stream)
        guard stream.current.kind == .sign, let sign = Predicate.Comparison(rawValue: stream.current.text) else { return left }
        _ = stream.advance()
        return .compare(left, sign, try term(&stream))
    }

    private func term(_ stream: inout TokenStream) throws(ScenarioError) -> Predicate {
        if stream.take("(") {
            let inner = try disjunction(&stream)
            try stream.expect(")")
            return inner
        }
        let meaning = "a number, an outcome, a variable, a fact or a question such as frame(…)"
        let token = try stream.word(meaning)
        if let number = Int(token.text) { return .number(number) }
        if stream.take("(") {
            let question = try question(token, &stream)
            try stream.expect(")")
            return question
        }
        if let variable = scenario.variables.firstIndex(of: token.text) { return .variable(VariableID(variable)) }
        if let outcome = Outcome.named(token.text) { return .outcome(outcome) }
        if let fact = Self.facts[token.text] { return fact }
        let known = scenario.variables + Self.facts.keys.sorted()
        throw stream.error("one of: \(known.joined(separator: ", ")), an outcome, a number or a question such as frame(…)", at: token)
    }

    private static let facts: [String: Predicate] = [
        "use-after-free": .fact(.useAfterFree), "underflow": .fact(.accountingUnderflow), "kernel-faulted": .fact(.kernelFault),
        "exhausted": .fact(.exhausted), "poison-consumed": .fact(.poisonConsumed), "unannounced-write": .fact(.unannouncedWrite),
        "frames": .framesInUse, "leaked": .leaked,
        "none": .number(0),
        "normal": .number(Zone.normal.rawValue), "movable": .number(Zone.movable.rawValue), "cma": .number(Zone.contiguous.rawValue),
        "cdm": .number(Zone.coherentNode.rawValue), "device-coherent": .number(Zone.deviceCoherent.rawValue),
        "device-private": .number(Zone.devicePrivate.rawValue),
    ]

    private func question(_ token: Token, _ stream: inout TokenStream) throws(ScenarioError) -> Predicate {
        switch token.text {
        case "frame", "zone": return try place(token.text, &stream)
        case "pins", "references", "mapped", "writable":
            let (process, page) = try onePage(&stream)
            switch token.text {
            case "pins": return .pins(process, page)
            case "references": return .references(process, page)
            case "mapped": return .mapped(process, page)
            default: return .writable(process, page)
            }
        case "locked": return .locked(try processName(&stream))
        case "pinned": return .pinned(try processName(&stream))
        case "user-locked": return .userLocked(try processName(&stream))
        case "areas": return .areas(try processName(&stream))
        case "remaining": return .busRemaining(PeerID(try peerName(&stream)), .bytes)
        case "slices": return .busRemaining(PeerID(try peerName(&stream)), .slices)
        case "descriptors": return .busRemaining(PeerID(try peerName(&stream)), .descriptors)
        case "handles": return .busRemaining(PeerID(try peerName(&stream)), .handles)
        case "peer-remaining": return .busOwnRemaining(PeerID(try peerName(&stream)), .bytes)
        case "pool": return .busOwnRemaining(PeerID(try peerName(&stream)), .slices)
        case "queued": return .busQueued(PeerID(try peerName(&stream)))
        case "received": return .busReceived(PeerID(try peerName(&stream)))
        case "holds":
            let holder = PeerID(try peerName(&stream))
            try stream.expect(",")
            return .busHolds(holder, PeerID(try peerName(&stream)))
        case "told":
            let listener = PeerID(try peerName(&stream))
            try stream.expect(",")
            return .busTold(listener, PeerID(try peerName(&stream)))
        case "finished":
            let name = try stream.word("an actor: \(Self.list(scenario.actors))")
            guard let actor = scenario.actors.firstIndex(of: name.text) else {
                throw stream.error("an actor: \(Self.list(scenario.actors))", at: name)
            }
            return .finished(ActorID(actor))
        default:
            throw stream.error(
                "frame, zone, pins, references, mapped, writable, locked, pinned, user-locked, areas, remaining, slices, descriptors, handles, peer-remaining, pool, queued, received, holds, told or finished", at: token,
                found: "unknown question '\(token.text)'")
        }
    }

    private func onePage(_ stream: inout TokenStream) throws(ScenarioError) -> (ProcessID, PageNumber) {
        let (process, memory) = try memoryName(nil, &stream)
        return (process, PageNumber(memory.first + (try index(&stream, limit: memory.count) ?? 0)))
    }

    /// A page of a process, or of a region.
    private func place(_ question: String, _ stream: inout TokenStream) throws(ScenarioError) -> Predicate {
        if let region = scenario.regions.firstIndex(of: stream.current.text) {
            _ = stream.advance()
            let slot = try index(&stream, limit: Bounds.pages) ?? 0
            return question == "frame" ? .frameHeld(RegionID(region), slot) : .zoneHeld(RegionID(region), slot)
        }
        let (process, page) = try onePage(&stream)
        return question == "frame" ? .frameMapped(process, page) : .zone(process, page)
    }
}
