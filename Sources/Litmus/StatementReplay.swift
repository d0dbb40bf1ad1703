// StatementReplay.swift - a scenario run statement by statement, each to its end before the next begins.
//
// Owns: which actor may go on, and what its statement answers. So runs a test program whose processes are told what to do one after
// the other; races inside a statement are the explorer's (`Explorer`).
import KernelMemory

/// A scenario that is run statement by statement under one kernel's rules.
public struct StatementReplay: Sendable {
    private let machine: Machine
    public private(set) var state: KernelState
    /// The statement that could not be run last lacked a page frame: the modelled system is too small for it.
    public private(set) var lacksFrames = false
    /// Where statements that record nothing leave their outcome.
    private static var scratch: VariableID { VariableID(Bounds.variables - 1) }

    /// Nil if the scenario records so many outcomes that no room is left to observe the others.
    public init?(_ scenario: Scenario, _ rules: KernelRules) {
        guard scenario.variables.count < Bounds.variables else { return nil }
        var program = scenario.program
        for part in program.parts.indices {
            for place in program.parts[part].operations.indices where program.parts[part].operations[place].result == nil {
                program.parts[part].operations[place].result = Self.scratch
            }
        }
        machine = Machine(rules: rules, program: program)
        state = scenario.initial(under: rules)
    }

    public var actorCount: Int { machine.actorCount }

    /// The statement that an actor is at; nil when it has done all that it ever will.
    public func operation(of actor: ActorID) -> Operation? {
        machine.isFinished(actor, in: state) ? nil : machine.operation(of: actor, in: state)
    }

    /// Steps after which a statement is held to go round in circles: rules that no kernel has can do that. Real ones take some tens.
    private static var patience: Int { 4096 }

    /// Runs the actor's statement to its end; nil, and nothing has changed, if it would have to wait for another actor, or would never end.
    public mutating func run(_ actor: ActorID) -> Outcome? {
        guard let operation = operation(of: actor), let result = operation.result else { return nil }
        let before = state
        state[.variable(Self.scratch)] = 0
        let start = state[.actor(actor, .programCounter)]
        var steps = 0
        while state[.actor(actor, .programCounter)] == start {
            steps += 1
            guard steps < Self.patience, machine.step(actor, &state) == .progressed else {
                // A process that has exited has finished its statement with it.
                if operation.kind == .exit, state.hasEnded(operation.process) { return .ok }
                lacksFrames = state.isShortOfFrames
                state = before
                return nil
            }
        }
        return state.outcome(result)
    }

    /// The actors whose next statement could run now.
    public func ready() -> [ActorID] {
        (0..<actorCount).map { ActorID($0) }.filter { actor in
            var trial = self
            return trial.run(actor) != nil
        }
    }
}
