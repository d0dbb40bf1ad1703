// HostObservation.swift - the outcomes that a scenario records, as the model and the kernel answered in one order of its statements.
import KernelMemory
import Litmus

/// The recorded outcomes of one run.
public struct HostObservation: Hashable, Sendable {
    private let names: [String]
    private var predictions: [Outcome?]
    private var answers: [Outcome?]

    init(_ scenario: Scenario) {
        names = scenario.variables
        predictions = Array(repeating: nil, count: names.count)
        answers = predictions
    }

    /// Those of a state of the model, where nothing was asked of a kernel.
    init(_ scenario: Scenario, _ state: KernelState) {
        names = scenario.variables
        predictions = names.indices.map { state.outcome(VariableID($0)) }
        answers = predictions
    }

    mutating func record(_ variable: VariableID?, predicted: Outcome, seen: Outcome) {
        guard let variable, names.indices.contains(variable.index) else { return }
        predictions[variable.index] = predicted
        answers[variable.index] = seen
    }

    /// "seen == 1, copy == EFAULT".
    public var predicted: String { text(predictions) }
    public var seen: String { text(answers) }

    private func text(_ outcomes: [Outcome?]) -> String {
        zip(names, outcomes).map { name, outcome in "\(name) == \(outcome.map { HostOutcome.text($0) } ?? "none")" }.joined(separator: ", ")
    }
}
