// WaitingList.swift - the queue pairs whose oldest request could not be executed yet.
//
// Owns: the list, and a count that pollers read in one load.
// Locking: `lock`; nothing else is taken under it.

import Fabric
import Synchronization

/// Queue pairs that wait: for a receiver, a peer or a state, or to be let go.
final class WaitingList: @unchecked Sendable {
    private let lock = PrivateLock()
    private var queuePairs: [QueuePair] = []
    private let count = Atomic<Int>(0)

    @inline(__always)
    var isEmpty: Bool { count.load(ordering: .relaxed) == 0 }

    func insert(_ queuePair: QueuePair) {
        lock.withLock {
            guard !queuePairs.contains(where: { $0 === queuePair }) else { return }
            queuePairs.append(queuePair)
            count.store(queuePairs.count, ordering: .relaxed)
        }
    }

    func remove(_ queuePair: QueuePair) {
        lock.withLock {
            queuePairs.removeAll { $0 === queuePair }
            count.store(queuePairs.count, ordering: .relaxed)
        }
    }

    func all() -> [QueuePair] { lock.withLock { queuePairs } }
}
