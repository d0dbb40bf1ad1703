// RaceOutcomes.swift - what the model allows a scenario to record when its statements overlap.
//
// Owns: a walk through every state, step by step. The kernel is asked statement by statement, so that of these outcomes only those that
// some order of whole statements leads to can be seen. Does not: judge claims (`Explorer`).
import KernelMemory
import Litmus

/// The outcomes of a scenario's races.
enum RaceOutcomes {
    /// What final states record, sorted; nil if there are more states than `limit`.
    static func all(_ scenario: Scenario, _ rules: KernelRules, limit: Int) -> [String]? {
        let machine = Machine(rules: rules, program: scenario.program)
        var first = scenario.initial(under: rules)
        first.renumberFrames()
        var (known, open): (Set<KernelState>, [KernelState]) = ([first], [first])
        var outcomes: Set<String> = []
        while let state = open.popLast() {
            var isFinal = true
            for actor in 0..<machine.actorCount {
                var next = state
                guard machine.step(ActorID(actor), &next) == .progressed else { continue }
                isFinal = false
                next.renumberFrames()
                if known.insert(next).inserted { open.append(next) }
            }
            if isFinal { outcomes.insert(HostObservation(scenario, state).predicted) }
            guard known.count <= limit else { return nil }
        }
        return outcomes.sorted()
    }
}
