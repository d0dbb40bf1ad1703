// ImportedMemory.swift - another process's registered or device memory, reached through its agent.
//
// Owns: what the agent is told: the key, the protection domain, the word of the command file. The agent looks the key up in its own
// tables at each copy, so that what its owner has ended, changed or never gave is not reached. Does not: check the use; the
// importer's own key does (KeyTable), and the agent checks the right to write.
// C: ibv_import_mr(3), ibv_import_dm.
// Locking: none; each copy claims a slot of the owner's.

import Fabric
import Platform
import Verbs

/// A range of memory of another process, imported.
final class ImportedMemory: FarMemory {
    private let peer: Peer
    private let word: UInt64
    private let key: MemoryKey
    private let protectionDomain: ProtectionDomainNumber
    private let start: UInt64
    private let place: UInt64
    private unowned let process: DeviceProcess

    /// Long enough for an agent to be given a processor.
    private static let patienceNanoseconds: UInt64 = 5_000_000_000

    init(_ object: ImportableObject, of origin: ImportOrigin, in process: DeviceProcess) {
        peer = origin.peer
        word = origin.word
        key = object.key
        protectionDomain = object.descriptor.protectionDomain
        start = object.descriptor.start
        place = object.place
        self.process = process
    }

    func read(_ offset: UInt64, to: UInt64, byteCount: Int) -> Bool {
        exchange(.read, offset, byteCount) { $0.pull(PieceCursor([IOVector(base: to, length: UInt64(byteCount))]), UInt64(byteCount)) }
    }

    func write(_ offset: UInt64, from: UInt64, byteCount: Int) -> Bool {
        exchange(.write, offset, byteCount) { $0.push(PieceCursor([IOVector(base: from, length: UInt64(byteCount))]), UInt64(byteCount)) }
    }

    /// With the owner's own lock for that word, which all who change it take.
    func change(_ offset: UInt64, _ change: WordChange) -> UInt64? {
        let stripe = peer.view.atomicLock(for: place &+ offset)
        guard stripe.acquire(as: process.holder) != .refused else { return nil }
        defer { stripe.release() }
        let (kind, operands): (TransferKind, (UInt64, UInt64)) = switch change {
        case .add(let term): (.fetchAndAdd, (term, 0))
        case .swap(let expected, let new): (.compareAndSwap, (expected, new))
        }
        var original: UInt64?
        _ = exchange(kind, offset, 8, operands: operands) { exchange in
            exchange.submit(1)
            guard case .finished = exchange.wait(for: 1) else { return .localFault }
            original = exchange.slot.result.load()
            return .moved
        }
        return original
    }

    private func exchange(
        _ kind: TransferKind, _ offset: UInt64, _ byteCount: Int, operands: (UInt64, UInt64) = (0, 0),
        _ move: (AgentExchange) -> AgentExchange.Outcome
    ) -> Bool {
        guard byteCount > 0 else { return true }
        let deadline = Clock.monotonicNanoseconds() &+ Self.patienceNanoseconds
        guard let exchange = AgentExchange(with: peer, of: process, deadline: deadline) else { return false }
        defer { exchange.close() }
        let slot = exchange.slot
        slot.kind.store(kind.rawValue)
        slot.importWord.store(word)
        slot.target.store(protectionDomain.rawValue)
        slot.key.store(key.rawValue)
        slot.address.store(start &+ offset)
        slot.byteCount.store(UInt64(byteCount))
        slot.compareAdd.store(operands.0)
        slot.swap.store(operands.1)
        exchange.open()
        if case .moved = move(exchange) { return true }
        return false
    }
}
