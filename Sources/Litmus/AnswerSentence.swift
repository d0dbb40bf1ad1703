// AnswerSentence.swift - what a run found, as sentences for people: one for each group of rule sets that share their answers.
//
// Owns: the words for predicates. Does not: find anything out; frequencies come from the run, statements from the scenario.
import KernelMemory

/// A run's findings as sentences.
struct AnswerSentence {
    let scenario: Scenario

    /// One sentence for each group of rule sets with the same findings, in the order of the oldest of each group.
    static func all(_ report: ScenarioReport) -> [String] {
        let sentence = AnswerSentence(scenario: report.scenario)
        var order: [String] = []
        var names: [String: [String]] = [:]
        for result in report.results {
            let text = sentence.text(report, result)
            if names[text] == nil { order.append(text) }
            names[text, default: []].append(result.ruleSet.name)
        }
        return order.map { "**\(eras(names[$0] ?? []))**: \($0)" }
    }

    /// Names of rule sets, neighbouring presets as ranges: "2.6.12 to 5.8, 6.2 to 6.18".
    private static func eras(_ names: [String]) -> String {
        let presets = RuleSet.presets.map(\.name)
        var pieces: [(first: String, last: String)] = []
        for name in names {
            if let last = pieces.last?.last, let place = presets.firstIndex(of: name), place > 0, presets[place - 1] == last {
                pieces[pieces.count - 1].last = name
            } else {
                pieces.append((name, name))
            }
        }
        return pieces.map { $0.first == $0.last ? $0.first : "\($0.first) to \($0.last)" }.joined(separator: ", ")
    }

    private func text(_ report: ScenarioReport, _ result: ScenarioReport.Result) -> String {
        if result.exploration.stop != nil { return "the exploration \(ReportTable.word(report, 0, result))." }
        var found: [Expectation.Frequency?: [String]] = [:]
        let findings = result.exploration.findings
        let settled = Set(scenario.expectations.indices.filter { findings[$0].frequency == .always }.compactMap { matter($0) })
        for (index, expectation) in scenario.expectations.enumerated() where ReportTable.isFirst(index, scenario) {
            // Where something always has one value, that it never has another one goes without saying.
            if findings[index].frequency == .never, let matter = matter(index), settled.contains(matter) { continue }
            let phrase = phrase(expectation.predicate) + (expectation.throughout ? " at some moment" : "")
            found[findings[index].frequency, default: []].append(phrase)
        }
        let clauses: [(Expectation.Frequency?, String)] = [
            (.always, "in every run"), (.sometimes, "in some runs, not in all,"), (.never, "in no run"), (nil, "no run ends to tell whether"),
        ]
        let parts = clauses.compactMap { frequency, opening in
            found[frequency].map { "\(opening) \($0.joined(separator: frequency == .never ? ", or " : ", and "))" }
        }
        return parts.joined(separator: "; ") + "."
    }

    /// What an expectation of a value, at the end, is about.
    private func matter(_ index: Int) -> String? {
        let expectation = scenario.expectations[index]
        guard !expectation.throughout, case .compare(let left, .equal, let right) = expectation.predicate, !isFrame(right) else { return nil }
        return subject(left)
    }

    // MARK: Words

    /// A predicate in words.
    func phrase(_ predicate: Predicate) -> String {
        switch predicate {
        case .not(let inner): "it is not so that \(phrase(inner))"
        case .both(let left, let right): "\(phrase(left)) while \(phrase(right))"
        case .either(let left, let right): "either \(phrase(left)) or \(phrase(right))"
        case .compare(let left, let comparison, let right): compared(left, comparison, right)
        case .finished(let actor): "\(scenario.actors[actor.index]) comes to its end"
        case .mapped(let process, let page): "\(name(process, page)) is mapped"
        case .writable(let process, let page): "\(name(process, page)) is writable"
        case .leaked: "frames leak"
        case .busTold(let listener, let owner):
            "\(scenario.peers[listener.index]) was told that \(scenario.peers[owner.index])'s node has ended"
        case .busHolds(let holder, let peer):
            "\(scenario.peers[holder.index]) holds a handle of \(scenario.peers[peer.index])'s living node"
        case .fact(let fact): Self.facts[fact] ?? "\(fact) holds"
        default: "\(subject(predicate)) is not 0"
        }
    }

    private static let facts: [GlobalField: String] = [
        .useAfterFree: "a frame is used after it was freed", .accountingUnderflow: "a counter falls below zero",
        .unannouncedWrite: "a file's page becomes dirty without its file system being told", .kernelFault: "the kernel faults", .exhausted: "an account is emptied", .poisonConsumed: "poisoned memory is consumed",
    ]

    private func compared(_ left: Predicate, _ comparison: Predicate.Comparison, _ right: Predicate) -> String {
        let (same, isNegated) = (comparison == .equal || comparison == .notEqual, comparison == .notEqual)
        if same, case .variable(let variable) = left { return recorded(variable, isNegated, right) }
        if same, isFrame(left), isFrame(right) {
            return "\(place(left)) and \(place(right)) are \(isNegated ? "different frames" : "the same frame")"
        }
        if same, isFrame(left), case .number(0) = right { return "\(place(left)) has \(isNegated ? "a" : "no") frame" }
        if same, let zone = zone(left, right) { return "\(place(left)) \(isNegated ? "lies elsewhere than" : "lies") in \(zone)" }
        let words: String
        switch comparison {
        case .equal: words = "is"
        case .notEqual: words = "is not"
        case .less: words = "is less than"
        case .lessOrEqual: words = "is at most"
        case .greater: words = "is more than"
        case .greaterOrEqual: words = "is at least"
        }
        return "\(subject(left)) \(words) \(subject(right))"
    }

    /// What a statement recorded: "p's `register m a` ends with ENOMEM".
    private func recorded(_ variable: VariableID, _ isNegated: Bool, _ value: Predicate) -> String {
        let statement = subject(.variable(variable))
        switch value {
        case .outcome(.ok): return "\(statement) \(isNegated ? "fails" : "succeeds")"
        case .outcome(let outcome) where outcome == .unset: return "\(statement) \(isNegated ? "is reached" : "is not reached")"
        case .outcome(let outcome): return "\(statement) \(isNegated ? "does not end" : "ends") with \(outcome.name)"
        default: return "\(statement) \(isNegated ? "does not give" : "gives") \(subject(value))"
        }
    }

    private func isFrame(_ predicate: Predicate) -> Bool {
        switch predicate {
        case .frameMapped, .frameHeld: true
        default: false
        }
    }

    /// The page or slot that a question is about.
    private func place(_ predicate: Predicate) -> String {
        switch predicate {
        case .frameMapped(let process, let page), .zone(let process, let page): name(process, page)
        case .frameHeld(let region, let slot), .zoneHeld(let region, let slot): "\(scenario.regions[region.index])[\(slot)]"
        default: subject(predicate)
        }
    }

    private func zone(_ left: Predicate, _ right: Predicate) -> String? {
        switch left {
        case .zone, .zoneHeld:
            guard case .number(let number) = right, let zone = Zone(rawValue: number) else { return nil }
            return Self.zones[zone]
        default: return nil
        }
    }

    private static let zones: [Zone: String] = [
        .normal: "ordinary memory", .movable: "the movable zone", .contiguous: "the contiguous area",
        .coherentNode: "the coherent device node", .deviceCoherent: "coherent device memory", .devicePrivate: "private device memory",
        .peerToPeer: "peer-to-peer memory", .storage: "storage",
    ]

    private func name(_ process: ProcessID, _ page: PageNumber) -> String { scenario.pageName(process, page) }

    /// A number's words.
    private func subject(_ predicate: Predicate) -> String {
        switch predicate {
        case .number(let number): "\(number)"
        case .outcome(let outcome): outcome.name
        case .variable(let variable): statement(variable)
        case .frameMapped, .frameHeld: "the frame of \(place(predicate))"
        case .zone, .zoneHeld: "the zone of \(place(predicate))"
        case .pins(let process, let page): "the number of pins and references of \(name(process, page))"
        case .references(let process, let page): "the reference count of \(name(process, page))"
        case .locked(let process): "\(scenario.processes[process.index])'s charge of locked pages"
        case .pinned(let process): "\(scenario.processes[process.index])'s charge of pinned pages"
        case .userLocked(let process): "the charge of \(scenario.processes[process.index])'s user"
        case .areas(let process): "the number of \(scenario.processes[process.index])'s areas"
        case .framesInUse: "the number of frames in use"
        case .leaked: "the number of leaked frames"
        case .busRemaining(let peer, let resource): "what \(scenario.peers[peer.index])'s user has left of \(resource)"
        case .busOwnRemaining(let peer, let resource): "what \(scenario.peers[peer.index]) itself has left of \(resource)"
        case .busQueued(let peer): "the number of messages that wait for \(scenario.peers[peer.index])"
        case .busReceived(let peer): "the number of messages that \(scenario.peers[peer.index]) received"
        default: phrase(predicate)
        }
    }

    /// The statement that records a variable, with its actor.
    private func statement(_ variable: VariableID) -> String {
        let ending = "-> \(scenario.variables[variable.index])"
        for (actor, statements) in scenario.statements.enumerated() {
            for statement in statements where statement.hasSuffix(ending) {
                var words = statement.dropLast(ending.count)
                while words.last == " " { words.removeLast() }
                return "\(scenario.actors[actor])'s `\(words)`"
            }
        }
        return "`\(scenario.variables[variable.index])`"
    }
}
