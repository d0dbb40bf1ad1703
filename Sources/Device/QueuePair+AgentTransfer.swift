// QueuePair+AgentTransfer.swift - copies where the kernel refuses this process the target's memory.
//
// Owns: the fall from the one way to the other, and how long to be patient. Does not: decide rights; the poster has checked
// them, and the target's agent checks them again by its own tables. The chunks are AgentExchange's.
// Counterpart: QueuePair+Transfer, whose results these are too.
// Locking: `sendLock` and the target's entry lock are held.

import Fabric
import Platform
import Verbs

extension QueuePair {
    /// The kernel refused a copy to a process that lives: from now on its agent copies.
    func loseReach(_ target: Int) {
        targets[target].responder.process = 0
        peer(of: target)?.loseReach()
        showReach(.agent)
    }

    /// For `verbena status`.
    func showReach(_ reach: PeerReach) { entry.reach.store(reach.rawValue) }

    /// Moves all bytes of the local list from or to a place at the target.
    @inline(never)
    func transferByAgent(
        _ direction: TransferDirection, _ payload: GatheredPayload, _ place: RemotePlace, _ target: Int
    ) -> TransferResult {
        guard let exchange = exchange(place, kind(direction, place), target, byteCount: payload.byteCount) else {
            return missed(target)
        }
        defer { exchange.close() }
        exchange.open()
        let local = PieceCursor((0..<payload.pieceCount).map { localPieces[$0] })
        switch direction == .write ? exchange.push(local, payload.byteCount) : exchange.pull(local, payload.byteCount) {
        case .moved: return .moved
        case .localFault: return .localFault
        case .failed(let answer): return result(answer)
        }
    }

    /// Lets the target's agent change an eight-byte word; its original value.
    @inline(never)
    func atomicByAgent(_ request: SendRequest, _ opcode: SendOpcode, _ target: Int, _ original: inout UInt64) -> TransferResult {
        let place = RemotePlace.region(key: request.remoteKey, address: request.remoteAddress)
        let kind: TransferKind = opcode == .fetchAndAdd ? .fetchAndAdd : .compareAndSwap
        guard let exchange = exchange(place, kind, target, byteCount: 8) else { return missed(target) }
        defer { exchange.close() }
        exchange.slot.compareAdd.store(request.compareAdd)
        exchange.slot.swap.store(request.swap)
        exchange.open()
        exchange.submit(1)
        guard case .finished = exchange.wait(for: 1) else { return result(exchange.wait(for: 1)) }
        original = exchange.slot.result.load()
        return .moved
    }

    private func kind(_ direction: TransferDirection, _ place: RemotePlace) -> TransferKind {
        switch place {
        case .region: direction == .write ? .write : .read
        case .receive(_, let isShared): isShared ? .sharedReceive : .receive
        }
    }

    /// A slot of the target's, filled in.
    private func exchange(_ place: RemotePlace, _ kind: TransferKind, _ target: Int, byteCount: UInt64) -> AgentExchange? {
        guard let peer = peer(of: target), let exchange = AgentExchange(with: peer, of: process, deadline: deadline()) else {
            return nil
        }
        let slot = exchange.slot
        let responder = responder(at: target)
        slot.kind.store(kind.rawValue)
        responder.name(slot)
        slot.byteCount.store(byteCount)
        switch place {
        case .region(let key, let address):
            slot.key.store(key.rawValue)
            slot.address.store(address)
        case .receive(let position, _):
            slot.position.store(position)
        }
        return exchange
    }

    private func result(_ answer: AgentExchange.Answer) -> TransferResult {
        switch answer {
        case .finished: .moved
        case .refused: .remoteFault
        case .gone: .gone
        case .unanswered: unanswered
        }
    }

    private func missed(_ target: Int) -> TransferResult { peer(of: target)?.stillRuns() == true ? unanswered : .gone }

    /// A first attempt has waited as long as all attempts together may take; a later one comes again.
    private var unanswered: TransferResult {
        if locked.value.attempt == .first { return .unanswered }
        nextLook = Clock.monotonicNanoseconds() &+ 50_000_000
        return .gone
    }

    /// Until when an attempt waits for the target's agent. The first one, made by the program's own thread: as long as
    /// the queue pair's timeout and retries allow, but long enough for the agent to be given a processor. Later ones, made
    /// by threads that have to do for other queue pairs too: seconds at most, and a poller milliseconds.
    private func deadline() -> UInt64 {
        let turn: UInt64 = 500_000_000
        var patience = turn
        if type == .reliableConnection {
            let whole = RequesterRetry.nanosecondsToGiveUp(
                retryCount: attributes.retryCount, timeoutCode: attributes.timeout)
            patience = max(whole ?? .max, turn)
        }
        switch locked.value.attempt {
        case .first: break
        case .due: patience = min(patience, 4 * turn)
        case .early: patience = 5_000_000
        }
        let (sum, overflow) = Clock.monotonicNanoseconds().addingReportingOverflow(patience)
        return overflow ? .max : sum
    }
}
