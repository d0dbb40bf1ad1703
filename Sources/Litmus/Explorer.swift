// Explorer.swift - visits every state that a scenario can reach under one rule set.
//
// Owns: breadth-first search over packed states, so that the first state found with a property is a nearest one; the bound.
// Deterministic: actors are tried in their order, states in the order found; nothing depends on addresses, time or hashing.
import KernelMemory

/// Visits every state that a scenario can reach.
public struct Explorer {
    /// States at which an exploration stops unless told otherwise.
    public static var defaultLimit: Int { 5_000_000 }

    private let scenario: Scenario
    private let machine: Machine
    private let initial: KernelState
    private let limit: Int
    private let reduces: Bool
    private let keepsParents: Bool
    private var layout: StateLayout
    /// Steps of other actors may be left for later where one is unnoticed; not if some claim is about every state.
    private let mayWait: Bool
    private let asksThroughout: Bool

    private init(_ scenario: Scenario, _ rules: KernelRules, limit: Int, reduces: Bool, keepsParents: Bool) {
        self.scenario = scenario
        machine = Machine(rules: rules, program: scenario.program)
        self.limit = limit
        self.reduces = reduces
        self.keepsParents = keepsParents
        initial = scenario.initial(under: rules)
        layout = StateLayout(first: initial)
        asksThroughout = scenario.expectations.contains { $0.throughout }
        mayWait = reduces && !asksThroughout
    }

    /// Explores the scenario.
    /// - Parameter limit: states at which to stop.
    /// - Parameter reduces: steps that nobody else can notice are not interleaved, and states that differ only in the numbers of page
    ///   frames are one.
    /// - Parameter keepsParents: remember how each state was reached, for traces.
    public static func explore(
        _ scenario: Scenario, _ rules: KernelRules, limit: Int = defaultLimit, reduces: Bool = true, keepsParents: Bool = false
    ) -> Exploration {
        var explorer = Explorer(scenario, rules, limit: limit, reduces: reduces, keepsParents: keepsParents)
        explorer.learn()
        while true {
            if let exploration = explorer.attempt() { return exploration }
        }
    }

    /// Runs a few schedules, so that the layout is nearly right from the start. They are cut off, as a program may go round in circles.
    private mutating func learn() {
        for start in 0..<machine.actorCount {
            for turns in [1, 1_000] {
                var state = initial
                var idle = 0
                var steps = 0
                var actor = start
                while idle < machine.actorCount, steps < 1_000 {
                    let taken = runTurn(ActorID(actor), turns, &state)
                    idle = taken > 0 ? 0 : idle + 1
                    steps += taken
                    actor = (actor + 1) % machine.actorCount
                }
            }
        }
        layout.settle()
    }

    /// Steps taken before the actor had to wait.
    private mutating func runTurn(_ actor: ActorID, _ limit: Int, _ state: inout KernelState) -> Int {
        var next = state
        for taken in 0..<limit {
            guard machine.step(actor, &next) == .progressed else { return taken }
            state = next
            layout.observe(state)
        }
        return limit
    }

    /// One exploration with the present layout; nil if a state did not fit and the layout was widened.
    private mutating func attempt() -> Exploration? {
        var table = StateTable(bits: layout.bits, limit: limit)
        var result = Exploration()
        result.findings = scenario.expectations.map { _ in Exploration.Finding() }
        var row = [UInt32](repeating: 0, count: layout.words)
        var state = initial
        if reduces { state.renumberFrames() }
        guard layout.pack(state, into: &row) else { return widen(state) }
        _ = table.insert(row)
        if keepsParents { result.parents.append((0, 0)) }
        var work = Workspace(next: initial, row: row)
        var place = 0
        while place < table.count {
            table.read(place, into: &row)
            layout.unpack(row, into: &state)
            switch expand(place, &state, row, &table, &work, &result) {
            case .done: break
            case .misfit(let misfit): return widen(misfit)
            case .stopped(let stop):
                result.stop = stop
                return finish(result, table)
            }
            place += 1
        }
        return finish(result, table)
    }

    private mutating func widen(_ state: KernelState) -> Exploration? {
        layout.admit(state)
        return nil
    }

    private func finish(_ result: Exploration, _ table: borrowing StateTable) -> Exploration {
        var result = result
        result.states = table.count
        result.bitsPerState = layout.bits
        result.tableBytes = table.bytes
        return result
    }

    private enum Expansion {
        case done
        case misfit(KernelState)
        case stopped(Exploration.Stop)
    }

    /// Tries every actor in `state`, whose packed form is `row`; without a step left to anyone, the state is final.
    private func expand(
        _ place: Int, _ state: inout KernelState, _ row: [UInt32], _ table: inout StateTable, _ work: inout Workspace,
        _ result: inout Exploration
    ) -> Expansion {
        var moved = false
        let alone = mayWait ? machine.unnoticedStep(in: state) : nil
        for index in 0..<machine.actorCount {
            let actor = ActorID(index)
            if let alone, alone != actor { continue }
            work.next = state
            let step = machine.step(actor, &work.next)
            // A step that lacks a frame does not count as waiting: the modelled machine is too small.
            if work.next[raw: KernelState.shortagePlace] != 0 { return .stopped(.outOfFrames) }
            guard step == .progressed else { continue }
            moved = true
            result.transitions &+= 1
            if reduces { work.next.renumberFrames() }
            guard layout.repack(&work.next, from: &state, row: row, into: &work.row) else { return .misfit(work.next) }
            switch table.insert(work.row) {
            case .new: if keepsParents { result.parents.append((UInt32(place), UInt8(index))) }
            case .known: break
            case .full: return .stopped(.tooManyStates(limit))
            }
        }
        ask(place, state, isFinal: !moved, &result)
        return .done
    }

    /// What an expansion writes to, kept between expansions.
    private struct Workspace {
        var next: KernelState
        var row: [UInt32]
    }

    /// Notes how the expectations' predicates come out here.
    private func ask(_ place: Int, _ state: borrowing KernelState, isFinal: Bool, _ result: inout Exploration) {
        if isFinal { result.finalStates += 1 } else if !asksThroughout { return }
        for (index, expectation) in scenario.expectations.enumerated() where isFinal || expectation.throughout {
            if result.findings[index].held != nil, result.findings[index].failed != nil { continue }
            if expectation.predicate.value(copy state, machine) != 0 {
                if result.findings[index].held == nil { result.findings[index].held = place }
            } else if result.findings[index].failed == nil {
                result.findings[index].failed = place
            }
        }
    }
}
