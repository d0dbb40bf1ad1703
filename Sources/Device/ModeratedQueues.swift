// ModeratedQueues.swift - the completion queues whose events the agent holds back.
//
// Owns: the list. Does not: keep a queue alive; it is taken out before it is destroyed.
// Locking: `lock`; nothing else is taken under it.

import Fabric
import Synchronization

/// Completion queues that were moderated once.
final class ModeratedQueues: @unchecked Sendable {
    private let lock = PrivateLock()
    private var queues: [CompletionQueue] = []

    func insert(_ queue: CompletionQueue) { lock.withLock { queues.append(queue) } }

    func remove(_ queue: CompletionQueue) { lock.withLock { queues.removeAll { $0 === queue } } }

    /// Raises what is due; when to come back.
    func raiseWhatIsDue(now: UInt64) -> UInt64? {
        lock.withLock { queues }.compactMap { $0.raiseWhatIsDue(now: now) }.min()
    }
}
