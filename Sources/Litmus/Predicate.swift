// Predicate.swift - what an expectation claims of a state.
//
// Owns: the tree and its evaluation. Does not: parse (`ScenarioParser+Expectations`).
import KernelMemory

/// A claim about a state: numbers and truth are one, 0 is false.
public indirect enum Predicate: Sendable {
    case number(Int)
    /// An errno, a signal, or `ok`, as recorded.
    case outcome(Outcome)
    case variable(VariableID)
    case frameMapped(ProcessID, PageNumber)
    case frameHeld(RegionID, Int)
    case pins(ProcessID, PageNumber)
    /// page_count, as the kernel reads it.
    case references(ProcessID, PageNumber)
    case zone(ProcessID, PageNumber)
    case zoneHeld(RegionID, Int)
    case locked(ProcessID)
    case pinned(ProcessID)
    case userLocked(ProcessID)
    case areas(ProcessID)
    case mapped(ProcessID, PageNumber)
    case writable(ProcessID, PageNumber)
    case finished(ActorID)
    case fact(GlobalField)
    case framesInUse
    case leaked
    case busRemaining(PeerID, BusResource)
    case busOwnRemaining(PeerID, BusResource)
    case busQueued(PeerID)
    case busReceived(PeerID)
    case busHolds(PeerID, PeerID)
    case busTold(PeerID, PeerID)
    case not(Predicate)
    case both(Predicate, Predicate)
    case either(Predicate, Predicate)
    case compare(Predicate, Comparison, Predicate)

    /// How two numbers are compared.
    public enum Comparison: String, Sendable {
        case equal = "=="
        case notEqual = "!="
        case less = "<"
        case lessOrEqual = "<="
        case greater = ">"
        case greaterOrEqual = ">="
    }

    /// The value in `state`. Frames are their number plus 1, and 0 for none; recorded data are their value.
    public func value(_ state: KernelState, _ machine: Machine) -> Int {
        switch self {
        case .number(let number): return number
        case .outcome(let outcome): return 1000 + outcome.code
        case .variable(let variable):
            let code = state.outcome(variable).code
            return code >= 1 && code < 32 ? code - 1 : 1000 + code
        case .not(let inner): return inner.value(state, machine) == 0 ? 1 : 0
        case .both(let left, let right): return left.value(state, machine) != 0 && right.value(state, machine) != 0 ? 1 : 0
        case .either(let left, let right): return left.value(state, machine) != 0 || right.value(state, machine) != 0 ? 1 : 0
        case .compare(let left, let comparison, let right):
            return Predicate.holds(left.value(state, machine), comparison, right.value(state, machine)) ? 1 : 0
        case .references(let process, let page): return state.frameMapped(process, page).map { machine.pageCount($0, state) } ?? 0
        case .finished(let actor): return machine.isFinished(actor, in: state) ? 1 : 0
        default: return stateValue(state)
        }
    }

    private func stateValue(_ state: KernelState) -> Int {
        switch self {
        case .frameMapped(let process, let page): state.frameMapped(process, page).map { $0.index + 1 } ?? 0
        case .frameHeld(let region, let slot): state.frameHeld(region, slot).map { $0.index + 1 } ?? 0
        case .pins(let process, let page): state.frameMapped(process, page).map { state.pinsAndReferences($0) } ?? 0
        case .zone(let process, let page): state.frameMapped(process, page).map { state.frameZone($0).rawValue } ?? 99
        case .zoneHeld(let region, let slot): state.frameHeld(region, slot).map { state.frameZone($0).rawValue } ?? 99
        case .locked(let process): state.lockedPages(process)
        case .pinned(let process): state.pinnedPages(process)
        case .userLocked(let process): state.userPages(process)
        case .areas(let process): state.areaCount(process)
        case .mapped(let process, let page): state.isMapped(process, page) ? 1 : 0
        case .writable(let process, let page): state.isWritable(process, page) ? 1 : 0
        case .fact(let fact): state.has(fact) ? 1 : 0
        case .framesInUse: state.framesInUse
        case .leaked: state.leakedFrames
        case .busRemaining(let peer, let resource): state.busRemaining(peer, resource)
        case .busOwnRemaining(let peer, let resource): state.busOwnRemaining(peer, resource)
        case .busQueued(let peer): state.busQueued(peer)
        case .busReceived(let peer): state.busReceived(peer)
        case .busHolds(let holder, let peer): state.busHolds(holder, peer) ? 1 : 0
        case .busTold(let listener, let owner): state.busTold(listener, of: owner) ? 1 : 0
        default: 0
        }
    }

    private static func holds(_ left: Int, _ comparison: Comparison, _ right: Int) -> Bool {
        switch comparison {
        case .equal: left == right
        case .notEqual: left != right
        case .less: left < right
        case .lessOrEqual: left <= right
        case .greater: left > right
        case .greaterOrEqual: left >= right
        }
    }
}
