// HostTeethSearch.swift - which random programs would give a wrong rule away, by the model alone.
//
// Owns: turning over one switch at a time and running each program under both rules. Does not: ask a kernel; so the programs for a kernel
// in an emulated machine are found on a real one.
import KernelMemory
import Litmus

/// Looks for the random programs by which each switch, turned over, would show on a kernel that does what the model does.
public struct HostTeethSearch {
    private struct Row {
        let rule: KernelSwitch
        /// Programs that the model runs otherwise with the switch turned over; searched for no longer once enough programs show it.
        var candidates = 0
        var shown = 0
    }

    /// A kernel may lack something that one of them needs.
    private static var enough: Int { 3 }

    private var rows = KernelSwitch.allCases.map { Row(rule: $0) }
    private var plan: HostTeethPlan
    private let rules: KernelRules

    /// - Parameters:
    ///   - memory: that of the machine on which the programs are to run.
    ///   - seed: the first program's.
    public init(device: HostDevice, preset: KernelPreset, memory: HostMemory, seed: UInt64) {
        rules = preset.rules
        plan = HostTeethPlan(device: device, rules: preset.name, memory: memory, seed: seed)
    }

    /// What has been found so far.
    public var found: HostTeethPlan {
        var found = plan
        for row in rows where row.candidates > 0 { found.candidates[row.rule] = row.candidates }
        return found
    }

    /// Tries the next program on every switch that too few programs show.
    public mutating func searchNext() throws(HostFailure) {
        let seed = plan.seed &+ UInt64(plan.programs)
        plan.programs += 1
        let program = try HostPlan.ofProgram(seed, plan.device, plan.memory)
        guard let start = StatementReplay(program.scenario, rules) else { return }
        var shows = false
        for order in HostSchedules(start, limit: HostFuzzer.ordersEach, seed: seed).orders {
            guard let trace = HostTrace(modelled: program, order, rules) else { continue }
            for index in rows.indices where rows[index].shown < Self.enough && rows[index].rule.concerns(program.scenario.program) {
                let verdict = trace.judge(rules.flipping(rows[index].rule))
                if verdict != .same { rows[index].candidates += 1 }
                guard verdict == .caught else { continue }
                rows[index].shown += 1
                shows = true
            }
        }
        if shows { plan.plays.append(plan.programs) }
    }
}
