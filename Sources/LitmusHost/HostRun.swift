// HostRun.swift - one order of a scenario's statements, on the running kernel and on the model of it.
//
// Owns: running both side by side, and patience where a kernel takes its time. What is compared is `HostComparison`'s.
import KernelMemory
import Litmus
import Platform

/// One order of statements, run on both.
struct HostRun: ~Copyable {
    private let plan: HostPlan
    private let comparison: HostComparison
    private var replay: StatementReplay
    private var world: HostWorld
    private var statements: [String] = []
    private let comparesFrames: Bool
    private let pins: HostPins?
    /// Where kernel and model parted, once it has run.
    private(set) var mismatch: HostMismatch?
    /// What the scenario records, so far.
    private(set) var observation: HostObservation
    /// What was there before the first statement, and each statement so far.
    private(set) var first = HostSight()
    private(set) var steps: [HostStep] = []

    /// One order, run to its end or to the first difference; nil if there is no room to observe the program. A difference in what the whole
    /// machine counts must show itself twice.
    static func ran(
        _ order: [ActorID], _ plan: HostPlan, _ rules: KernelRules, _ nursery: HostNursery, comparesFrames: Bool
    ) throws(HostFailure) -> HostRun? {
        guard var first = try HostRun(plan, rules, nursery, comparesFrames: comparesFrames) else { return nil }
        try first.run(order)
        guard first.mismatch?.isAboutPins == true, var second = try HostRun(plan, rules, nursery, comparesFrames: comparesFrames) else {
            return first
        }
        try second.run(order)
        return second
    }

    private init?(_ plan: HostPlan, _ rules: KernelRules, _ nursery: HostNursery, comparesFrames: Bool) throws(HostFailure) {
        guard let replay = StatementReplay(plan.scenario, rules) else { return nil }
        self.plan = plan
        self.replay = replay
        self.comparesFrames = comparesFrames
        comparison = HostComparison(plan: plan)
        observation = HostObservation(plan.scenario)
        pins = comparesFrames ? HostPins(nursery) : nil
        world = try HostWorld(nursery, plan)
    }

    /// Runs the statements of these actors in turn, up to the first difference; then the world ends, and nothing may be left of it.
    private mutating func run(_ order: [ActorID]) throws(HostFailure) {
        var difference: HostComparison.Difference?
        do throws(HostFailure) {
            difference = try runStatements(order)
        } catch {
            world.end()
            throw error
        }
        world.end()
        // Waited for in any case: the next run counts from here on.
        let left = pins?.left
        if difference == nil { difference = left }
        mismatch = difference.map {
            HostMismatch(statements: statements, predicted: $0.predicted, seen: $0.seen, isAboutPins: $0.isAboutPins)
        }
    }

    private mutating func runStatements(_ order: [ActorID]) throws(HostFailure) -> HostComparison.Difference? {
        first = try look()
        if let difference = comparison.state(replay.state, first) { return difference }
        for actor in order {
            guard let operation = replay.operation(of: actor) else { continue }
            let place = replay.state[.actor(actor, .programCounter)]
            guard let predicted = replay.run(actor) else { continue }
            statements.append("\(plan.scenario.actors[actor.index]): \(plan.scenario.statements[actor.index][place])")
            guard !HostPlan.isControl(operation.kind) else { continue }
            if let difference = try play(operation, of: actor, predicted) { return difference }
        }
        return countPins()
    }

    /// Counted once, at the end, for it takes its time. Not of huge pages: kernels differ in how often they pin one.
    private mutating func countPins() -> HostComparison.Difference? {
        guard let pins, !plan.grid.isScaled, !steps.isEmpty else { return nil }
        let held = pins.held(beside: world.ownPins, expected: replay.state.pinsHeld)
        steps[steps.count - 1].sight.pins = held
        return comparison.pins(replay.state, held)
    }

    private mutating func play(
        _ operation: Operation, of actor: ActorID, _ predicted: Outcome
    ) throws(HostFailure) -> HostComparison.Difference? {
        let answered = try answer(operation, predicted)
        try checkPlayed(operation, predicted, answered)
        let seen = comparison.settled(operation, predicted: predicted, answered: answered, replay.state)
        observation.record(operation.result, predicted: predicted, seen: seen)
        if let difference = comparison.answer(operation, predicted: predicted, answered: answered, replay.state) { return difference }
        var sight = try look()
        sight.answered = answered
        steps.append(HostStep(actor: actor, operation: operation, predicted: predicted, state: replay.state, sight: sight))
        return comparison.state(replay.state, sight)
    }

    /// Reclaim and migration pass over a page that something holds for a moment, as the lists that new pages wait in: they are asked again.
    private mutating func answer(_ operation: Operation, _ predicted: Outcome) throws(HostFailure) -> Outcome {
        var answered = try world.perform(operation)
        guard operation.kind.pagesOut || operation.kind == .migrate, predicted == .ok else { return answered }
        for _ in 0..<Self.reclaimPatience where answered == .busy || answered == .tryAgain {
            Clock.sleep(nanoseconds: 1_000_000)
            answered = try world.perform(operation)
        }
        return answered
    }

    /// What the kernel does in the background it need not do when it is asked to.
    private func checkPlayed(_ operation: Operation, _ predicted: Outcome, _ seen: Outcome) throws(HostFailure) {
        switch operation.kind {
        case .adviseCollapse where !HostDevice.collapsesWhenAsked:
            throw HostFailure(description: "huge pages made when asked for: MADV_COLLAPSE came with Linux 6.1", isLack: true)
        case .migrate where !HostMemory.hasNodes:
            throw HostFailure(description: "migration: needs several NUMA nodes", isLack: true)
        case .migrate where seen == .noEntry && isInaccessible(operation):
            throw HostFailure(description: "migration of what may not be accessed: move_pages(2) of Linux 6.1 does not find it", isLack: true)
        case .migrateToDevice where seen == .invalid && isInaccessible(operation), .migrateToSystem where seen == .invalid && isInaccessible(operation):
            throw HostFailure(description: "migration of what may not be accessed: HMM's test device refuses it", isLack: true)
        case .swapOut where !HostMemory.hasSwapSpace, .advisePageOut where !HostMemory.hasSwapSpace:
            throw HostFailure(description: "paging out: needs swap space", isLack: true)
        case .swapOut where predicted == .ok && seen == .busy:
            throw HostFailure(description: "paging out of what others map too: madvise(2) leaves it", isLack: true)
        default: return
        }
    }

    private func isInaccessible(_ operation: Operation) -> Bool {
        replay.state.areas(operation.process)[operation.page.index]?.flags.isDisjoint(with: [.read, .write]) ?? false
    }

    /// What can be seen now. Some drivers give a charge back a moment after the call that ended the region: what differs is looked at again.
    private func look() throws(HostFailure) -> HostSight {
        var sight = HostSight()
        for index in plan.scenario.processes.indices {
            let expectedCharge = plan.charge(of: ProcessID(index), in: replay.state)
            var space = try world.space(of: index, expectedCharge: expectedCharge)
            for _ in 0..<Self.patience where comparison.space(index, replay.state, space) != nil {
                Clock.sleep(nanoseconds: 5_000_000)
                space = try world.space(of: index, expectedCharge: expectedCharge)
            }
            sight.spaces.append(space)
        }
        guard comparesFrames else { return sight }
        for index in plan.scenario.processes.indices { sight.entries.append(try world.frames(of: index)) }
        return sight
    }

    private static var patience: Int { 100 }
    private static var reclaimPatience: Int { 20 }
}
