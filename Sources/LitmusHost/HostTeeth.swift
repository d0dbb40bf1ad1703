// HostTeeth.swift - would it be noticed if a rule of the running kernel were wrong in the model?
//
// Owns: turning over one switch at a time and looking for a random program on which kernel and model then part. A program that the
// model runs alike with and without the switch cannot tell, so the kernel is asked only about the others.
import KernelMemory
import Litmus

/// Counts random programs until each switch, turned over, is caught.
public struct HostTeeth {
    /// One switch.
    public struct Row: Sendable {
        public let rule: KernelSwitch
        /// Programs that the model runs otherwise with the switch turned over.
        public fileprivate(set) var candidates = 0
        /// Programs until one was caught, nil if none has been.
        public fileprivate(set) var caughtAfter: Int?
    }

    public private(set) var rows: [Row]
    private let nursery: HostNursery
    private let device: HostDevice
    private let rules: KernelRules
    private let comparesFrames: Bool
    /// A switch that thousands of programs did not give away is not asked about further.
    private static var patience: Int { 4000 }

    public init(_ nursery: HostNursery, device: HostDevice, rules: KernelRules, comparesFrames: Bool) {
        self.nursery = nursery
        self.device = device
        self.rules = rules
        self.comparesFrames = comparesFrames
        rows = KernelSwitch.allCases.map { Row(rule: $0) }
    }

    /// True once nothing is left to look for.
    public var isDone: Bool { rows.allSatisfy { $0.caughtAfter != nil || $0.candidates >= Self.patience } }

    /// Tries one program on every switch that has not been caught; `number` counts programs from 1 on.
    public mutating func run(seed: UInt64, number: Int) throws(HostFailure) {
        var generator = ProgramGenerator(seed: seed, device: device)
        guard let scenario = generator.program().scenario(), case .success(let plan) = HostPlan.make(scenario, device: device) else {
            throw HostFailure(description: "seed \(seed) makes no scenario")
        }
        let traces = traces(plan.scenario, seed)
        for index in rows.indices where rows[index].caughtAfter == nil && rows[index].candidates < Self.patience {
            let flipped = rules.flipping(rows[index].rule)
            guard Self.differs(plan.scenario, flipped, from: traces) else { continue }
            rows[index].candidates += 1
            let report = try HostReport(
                scenario, rules: flipped, device: device, nursery: nursery, limit: HostFuzzer.ordersEach, seed: seed,
                comparesFrames: comparesFrames)
            if case .differs = report.verdict { rows[index].caughtAfter = number }
        }
    }

    /// One order of a program as the model runs it.
    private struct Trace {
        let order: [ActorID]
        let outcomes: [Outcome?]
        let states: [KernelState]
    }

    /// The orders in which the program would be run, and what the model does in each.
    private func traces(_ scenario: Scenario, _ seed: UInt64) -> [Trace] {
        guard let start = StatementReplay(scenario, rules) else { return [] }
        return HostSchedules(start, limit: HostFuzzer.ordersEach, seed: seed).orders.map { order in
            var replay = start
            var (outcomes, states): ([Outcome?], [KernelState]) = ([], [])
            for actor in order {
                outcomes.append(replay.run(actor))
                states.append(replay.state)
            }
            return Trace(order: order, outcomes: outcomes, states: states)
        }
    }

    /// Whether the model runs the scenario otherwise under other rules. If it goes through the same states, then the orders that would
    /// be chosen are the same too.
    private static func differs(_ scenario: Scenario, _ flipped: KernelRules, from traces: [Trace]) -> Bool {
        guard let start = StatementReplay(scenario, flipped) else { return false }
        return traces.contains { trace in
            var replay = start
            for (step, actor) in trace.order.enumerated() {
                if replay.run(actor) != trace.outcomes[step] || replay.state != trace.states[step] { return true }
            }
            return false
        }
    }
}
