// Trace.swift - the steps that lead to a state, and what each changed.
//
// Owns: the replay. The steps are taken again without renumbering frames, so that a frame keeps its number throughout.
import KernelMemory

/// The steps that lead to a state.
public struct Trace: Sendable {
    /// One step.
    public struct Step: Sendable {
        public let actor: ActorID
        /// The statement that the step belongs to, and which step of it this is.
        public let statement: String
        public let ordinal: Int
        /// What changed, in words.
        public let changes: [String]
        public let state: KernelState
    }

    public let scenario: Scenario
    public let ruleSet: RuleSet
    public let initial: KernelState
    public let steps: [Step]

    /// A shortest trace to a final state (or to any, for claims about every state) where expectation `index` holds, or does not.
    /// - Returns: nil if there is none.
    public init?(_ scenario: Scenario, _ ruleSet: RuleSet, expectation index: Int, holds: Bool, limit: Int = Explorer.defaultLimit) {
        let exploration = Explorer.explore(scenario, ruleSet.rules, limit: limit, keepsParents: true)
        let finding = exploration.findings[index]
        guard let target = holds ? finding.held : finding.failed else { return nil }
        self.init(scenario, ruleSet, path: exploration.path(to: target))
    }

    init(_ scenario: Scenario, _ ruleSet: RuleSet, path: [ActorID]) {
        let machine = Machine(rules: ruleSet.rules, program: scenario.program)
        var state = scenario.initial(under: ruleSet.rules)
        var steps: [Step] = []
        var ordinals = scenario.actors.map { _ in 0 }
        for actor in path {
            let before = state
            let place = state[.actor(actor, .programCounter)]
            let statements = scenario.statements[actor.index]
            guard machine.step(actor, &state) == .progressed else { break }
            ordinals[actor.index] += 1
            steps.append(
                Step(
                    actor: actor, statement: place < statements.count ? statements[place] : "?", ordinal: ordinals[actor.index],
                    changes: StateChange.describe(before, state, scenario), state: state))
            if state[.actor(actor, .programCounter)] != place { ordinals[actor.index] = 0 }
        }
        self.scenario = scenario
        self.ruleSet = ruleSet
        initial = scenario.initial(under: ruleSet.rules)
        self.steps = steps
    }

    /// The last step that changed a page table, a holder or a frame: the one to look at.
    public var decisive: Int? {
        steps.indices.last { index in
            let before = index == 0 ? initial : steps[index - 1].state
            return StateChange.touchesMemory(before, steps[index].state)
        }
    }

    /// The trace as text: every step, and, with pictures, the whole memory around the decisive one.
    public func text(pictures: Bool = true) -> String {
        var lines = ["  under \(ruleSet.name):"]
        let width = scenario.actors.map(\.count).max() ?? 0
        for (index, step) in steps.enumerated() {
            let actor = ReportTable.pad(scenario.actors[step.actor.index], width)
            let marker = index == decisive ? "*" : " "
            lines.append(" \(marker)\(ReportTable.pad("\(index + 1)", 3)) \(actor)  \(step.statement) (step \(step.ordinal))")
            for change in step.changes { lines.append("      \(String(repeating: " ", count: width))  · \(change)") }
        }
        if let decisive, pictures {
            lines.append("  memory before step \(decisive + 1):")
            lines += StateChange.picture(decisive == 0 ? initial : steps[decisive - 1].state, scenario).map { "    " + $0 }
            lines.append("  memory after it:")
            lines += StateChange.picture(steps[decisive].state, scenario).map { "    " + $0 }
        }
        return lines.joined(separator: "\n")
    }
}
