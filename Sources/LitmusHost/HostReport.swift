// HostReport.swift - what came of a scenario on the running kernel.
import KernelMemory
import Litmus

/// What came of a scenario on the running kernel.
public struct HostReport: Sendable {
    /// How it went.
    public enum Verdict: Sendable {
        /// Every order that was run agrees with the model. `all`: there are no others.
        case agrees(orders: Int, all: Bool)
        case differs(HostMismatch)
        /// This kernel or device cannot play it.
        case lacks(String)
    }

    public let scenario: Scenario
    public let verdict: Verdict
    /// What the orders recorded, each once.
    public private(set) var observations: [HostObservation] = []
    private var played: HostPlan?
    private let rules: KernelRules

    /// Runs a scenario's orders, at most `limit` of them.
    /// - Parameters:
    ///   - rules: the model's rules for this kernel.
    ///   - comparesFrames: look at page maps too, which takes CAP_SYS_ADMIN.
    public init(
        _ scenario: Scenario, rules: KernelRules, device: HostDevice, nursery: HostNursery, limit: Int, seed: UInt64,
        comparesFrames: Bool
    ) throws(HostFailure) {
        self.scenario = scenario
        self.rules = rules
        switch HostPlan.make(scenario, device: device) {
        case .success(let plan):
            do throws(HostFailure) {
                played = plan
                verdict = try HostReport.judge(plan, rules, nursery, limit, seed, comparesFrames, &observations)
            } catch {
                guard error.isLack else { throw error }
                verdict = .lacks(error.description)
            }
        case .failure(let lack): verdict = .lacks(lack.reason)
        }
    }

    private static func judge(
        _ plan: HostPlan, _ rules: KernelRules, _ nursery: HostNursery, _ limit: Int, _ seed: UInt64, _ comparesFrames: Bool,
        _ observations: inout [HostObservation]
    ) throws(HostFailure) -> Verdict {
        guard let replay = StatementReplay(plan.scenario, rules) else { return .lacks("fewer recorded outcomes") }
        let schedules = HostSchedules(replay, limit: limit, seed: seed)
        for order in schedules.orders {
            guard let run = try HostRun.ran(order, plan, rules, nursery, comparesFrames: comparesFrames) else { continue }
            if !observations.contains(run.observation) { observations.append(run.observation) }
            if let mismatch = run.mismatch { return .differs(mismatch) }
        }
        return .agrees(orders: schedules.orders.count, all: schedules.areAll)
    }

    /// Outcomes that the model allows when statements overlap, and that no order of whole statements showed; nil where there are no races
    /// to speak of, or more than `limit` states.
    public func unseenOutcomes(limit: Int) -> [String]? {
        guard let played, played.scenario.actors.count > 1, !played.scenario.variables.isEmpty else { return nil }
        let seen = Set(observations.map(\.predicted))
        return RaceOutcomes.all(played.scenario, rules, limit: limit)?.filter { !seen.contains($0) }
    }
}
