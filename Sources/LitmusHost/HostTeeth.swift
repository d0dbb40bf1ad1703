// HostTeeth.swift - would it be noticed if a rule of the running kernel were wrong in the model?
//
// Owns: turning over one switch at a time and looking for a random program on which kernel and model then part. A program runs on the
// kernel once; what was seen is compared with the model under every switch that has not been caught.
import KernelMemory
import Litmus

/// Counts random programs until each switch, turned over, is caught.
public struct HostTeeth {
    /// One switch.
    public struct Row: Sendable {
        public let rule: KernelSwitch
        /// Programs that the model runs otherwise with the switch turned over.
        public fileprivate(set) var candidates = 0
        fileprivate var lastCandidate = 0
        /// Programs until one was caught, nil if none has been.
        public fileprivate(set) var caughtAfter: Int?
    }

    public private(set) var rows: [Row]
    /// Seeds of programs on which the kernel and its own rules differ: they say nothing of the switches.
    public private(set) var disagreements: [UInt64] = []
    /// Programs that differed from them once and, run again in the same order, did not.
    public private(set) var unsteady: [HostUnsteady] = []
    /// Programs that were run on the kernel.
    public private(set) var played = 0
    /// Programs that could not be run, by what they lacked.
    public private(set) var lacks: [String: Int] = [:]
    private let nursery: HostNursery
    public let device: HostDevice
    private let rules: KernelRules
    private let memory: HostMemory
    private let comparesFrames: Bool
    private let plan: HostTeethPlan?

    /// - Parameter plan: what a search has found, where one was made: only that is run.
    public init(
        _ nursery: HostNursery, device: HostDevice, rules: KernelRules, memory: HostMemory, comparesFrames: Bool, following plan: HostTeethPlan? = nil
    ) {
        self.nursery = nursery
        self.device = device
        self.rules = rules
        self.memory = memory
        self.comparesFrames = comparesFrames
        self.plan = plan
        rows = KernelSwitch.allCases.map { Row(rule: $0, candidates: plan?.candidates[$0] ?? 0) }
    }

    /// Tries one program on every switch that has not been caught; `number` counts programs from 1 on.
    public mutating func run(seed: UInt64, number: Int) throws(HostFailure) {
        let plan = try HostPlan.ofProgram(seed, device, memory)
        do throws(HostFailure) {
            try judge(plan, seed, number)
        } catch {
            guard error.isLack else { throw error }
            lacks[error.description, default: 0] += 1
        }
    }

    /// Runs one of the programs that a search has found.
    public mutating func follow(_ place: Int) throws(HostFailure) {
        guard let plan, plan.plays.indices.contains(place) else { return }
        let number = plan.plays[place]
        try run(seed: plan.seed &+ UInt64(number - 1), number: number)
    }

    private func openRows(_ trace: HostTrace) -> [Int] {
        rows.indices.filter { rows[$0].caughtAfter == nil && rows[$0].rule.concerns(trace.plan.scenario.program) }
    }

    /// What one switch makes of the trace; counts the programs that are run otherwise.
    private mutating func judge(_ index: Int, _ trace: HostTrace, _ number: Int) -> HostTrace.Verdict {
        let verdict = trace.judge(rules.flipping(rows[index].rule))
        if plan == nil, verdict != .same, rows[index].lastCandidate != number {
            rows[index].candidates += 1
            rows[index].lastCandidate = number
        }
        return verdict
    }

    private mutating func judge(_ plan: HostPlan, _ seed: UInt64, _ number: Int) throws(HostFailure) {
        guard let start = StatementReplay(plan.scenario, rules) else { return }
        for order in HostSchedules(start, limit: HostFuzzer.ordersEach, seed: seed).orders {
            played += 1
            guard let trace = try trace(order, plan, start, seed) else { return }
            compare(trace, number)
        }
    }

    /// One order as the kernel ran it; nil if it did what the model does not, twice, or if there is no room to observe the program.
    private mutating func trace(
        _ order: [ActorID], _ plan: HostPlan, _ start: StatementReplay, _ seed: UInt64
    ) throws(HostFailure) -> HostTrace? {
        var first: HostMismatch?
        for _ in 0..<2 {
            guard let run = try HostRun.ran(order, plan, rules, nursery, comparesFrames: comparesFrames) else { return nil }
            if let mismatch = run.mismatch {
                if first == nil { first = mismatch }
                continue
            }
            if let first { unsteady.append(HostUnsteady(seed: seed, mismatch: first)) }
            return HostTrace(plan: plan, start: start.state, first: run.first, steps: run.steps)
        }
        disagreements.append(seed)
        return nil
    }

    /// One order of a program as the kernel ran it, beside the model under every open switch.
    private mutating func compare(_ trace: HostTrace, _ number: Int) {
        for index in openRows(trace) where judge(index, trace, number) == .caught { rows[index].caughtAfter = number }
    }
}
