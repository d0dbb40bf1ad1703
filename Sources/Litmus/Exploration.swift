// Exploration.swift - what one exploration found.
import KernelMemory

/// What one exploration found.
public struct Exploration: Sendable {
    /// How a predicate came out.
    public struct Finding: Sendable, Equatable {
        /// Rows of the first states found where it held, and where it did not.
        public var held: Int?
        public var failed: Int?

        /// "always", "sometimes" or "never"; nil if there was no state to ask.
        public var frequency: Expectation.Frequency? {
            switch (held != nil, failed != nil) {
            case (true, true): .sometimes
            case (true, false): .always
            case (false, true): .never
            case (false, false): nil
            }
        }
    }

    /// Why an exploration stopped early.
    public enum Stop: Sendable, Equatable, CustomStringConvertible {
        /// More states than the bound.
        case tooManyStates(Int)
        /// Larger tables than the bound, in bytes.
        case tooMuchMemory(Int)
        /// The modelled machine had no free page frame left, or a peer's queue no room.
        case outOfFrames

        /// The bound, and how to move it.
        public var description: String {
            switch self {
            case .tooManyStates(let limit): "stopped: more than \(limit) states (raise --limit)"
            case .tooMuchMemory(let limit): "stopped: the tables would be larger than \(limit >> 20) MiB (raise --memory)"
            case .outOfFrames: "stopped: the modelled machine ran out of page frames, or a message queue of room"
            }
        }
    }

    public var stop: Stop?
    /// By expectation.
    public var findings: [Finding] = []
    public var states = 0
    public var transitions = 0
    public var finalStates = 0
    public var bitsPerState = 0
    /// Bytes of the set of states seen, and of the states that waited in the queue when it was longest.
    public var tableBytes = 0
    /// For each state, which state and actor it came from; empty unless asked for.
    var parents: [(state: UInt32, actor: UInt8)] = []

    /// Adds what a part of a batch found; parts come in order.
    mutating func add(_ part: Exploration) {
        transitions += part.transitions
        finalStates += part.finalStates
        for index in findings.indices {
            findings[index].held = findings[index].held ?? part.findings[index].held
            findings[index].failed = findings[index].failed ?? part.findings[index].failed
        }
    }

    /// The actors whose steps lead to a state.
    func path(to state: Int) -> [ActorID] {
        var path: [ActorID] = []
        var place = state
        while place != 0 {
            path.append(ActorID(Int(parents[place].actor)))
            place = Int(parents[place].state)
        }
        return path.reversed()
    }
}
