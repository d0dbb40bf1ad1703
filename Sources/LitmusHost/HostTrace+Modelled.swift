// HostTrace+Modelled.swift - what a kernel of known rules would show of a program.
//
// Owns: the look at the model's states with a kernel's eyes. With it a program can be found that gives a wrong rule away before a kernel is
// asked.
import KernelMemory
import Litmus
import Platform

extension HostTrace {
    /// One order of a program as a kernel of these rules would run it; nil if there is no room to observe the program.
    init?(modelled plan: HostPlan, _ order: [ActorID], _ rules: KernelRules) {
        guard let start = StatementReplay(plan.scenario, rules) else { return nil }
        var (replay, steps): (StatementReplay, [HostStep]) = (start, [])
        for actor in order {
            guard let operation = replay.operation(of: actor), let predicted = replay.run(actor) else { continue }
            guard !HostPlan.isControl(operation.kind) else { continue }
            var sight = HostSight(modelled: replay.state, plan)
            sight.answered = predicted
            steps.append(HostStep(actor: actor, operation: operation, predicted: predicted, state: replay.state, sight: sight))
        }
        if let last = steps.indices.last, !plan.grid.isScaled { steps[last].sight.pins = replay.state.pinsHeld }
        self.init(plan: plan, start: start.state, first: HostSight(modelled: start.state, plan), steps: steps)
    }
}

extension HostSight {
    /// What a kernel in this state would show.
    init(modelled state: KernelState, _ plan: HostPlan) {
        for process in plan.scenario.processes.indices.map({ ProcessID($0) }) {
            let lives = state.lives(process)
            spaces.append(
                lives
                    ? Space(
                        areas: AreaSketch(state, process, plan.grid), locked: state.lockedPages(process), pinned: state.pinnedPages(process),
                        charged: plan.charge(of: process, in: state)) : nil)
            entries.append(lives ? Self.entries(state, process) : nil)
        }
    }

    private static func entries(_ state: KernelState, _ process: ProcessID) -> [PageMap.Entry] {
        state.framesMapped(process).enumerated().map { place, frame in
            guard let frame else { return PageMap.Entry(word: 0) }
            if state.frameZone(frame) == .devicePrivate { return .onDevice }
            // The halves of the huge page of zeroes are frames of their own.
            let isHugeZero = frame == KernelState.zeroFrame && state.isHugeZero(process, PageNumber(place))
            return .present(frame: UInt64(frame.index + (isHugeZero ? (1 + place % 2) * Bounds.frames : 0)))
        }
    }
}
