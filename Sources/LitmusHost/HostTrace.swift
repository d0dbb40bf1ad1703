// HostTrace.swift - one order of a program as the kernel ran it, to be compared with a model of other rules.
//
// Owns: the comparison with rules under which the program was not run. Does not: ask the kernel again.
import KernelMemory
import Litmus

/// One order of a program, as the kernel ran it and as the model of its own rules did.
struct HostTrace {
    let plan: HostPlan
    /// The model's first state.
    let start: KernelState
    let first: HostSight
    let steps: [HostStep]

    /// What other rules make of the program.
    enum Verdict {
        /// The same, state by state.
        case same
        /// Something else, which could not be seen.
        case unseen
        /// Something that the kernel did not show.
        case caught
    }

    func judge(_ rules: KernelRules) -> Verdict {
        guard var replay = StatementReplay(plan.scenario, rules) else { return .same }
        let comparison = HostComparison(plan: plan)
        var verdict = Verdict.same
        if replay.state != start {
            if comparison.state(replay.state, first) != nil { return .caught }
            verdict = .unseen
        }
        for step in steps {
            let predicted = replay.run(step.actor)
            if predicted == step.predicted, replay.state == step.state { continue }
            // The model is too small for the program, which says nothing of the kernel.
            if predicted == nil, replay.lacksFrames { return verdict }
            verdict = .unseen
            // Nil: it would have to wait, where the kernel went on.
            guard let predicted, let answered = step.sight.answered else { return .caught }
            if comparison.answer(step.operation, predicted: predicted, answered: answered, replay.state) != nil { return .caught }
            if comparison.state(replay.state, step.sight) != nil { return .caught }
        }
        return verdict
    }
}
