// CompletionChannel.swift - where completion events arrive.
//
// Owns: an event descriptor with one readable unit for each event, and the list of queues that use it.
// C: struct ibv_comp_channel; ibv_get_cq_event(3).
// Locking: `lock` guards the list.

import Fabric
import Platform
import Verbs

/// A completion channel.
public final class CompletionChannel: @unchecked Sendable {
    public let context: DeviceContext
    public let descriptor: Int32
    /// How peers name the descriptor.
    let eventName: EventName
    private let events: OwnedDescriptor
    private let lock = PrivateLock()
    private var queues: [CompletionQueue] = []
    private var next = 0

    init(context: DeviceContext) throws(VerbsErrno) {
        do {
            events = try EventDescriptor.create(semaphore: true)
            eventName = try context.process.member.events.register(events.number)
        } catch {
            throw VerbsErrno(rawValue: error.number)
        }
        self.context = context
        descriptor = events.number
    }

    deinit { context.process.member.events.withdraw(eventName) }

    func attach(_ queue: CompletionQueue) { lock.withLock { queues.append(queue) } }
    func detach(_ queue: CompletionQueue) { lock.withLock { queues.removeAll { $0 === queue } } }

    /// The queue of the next event; waits for it, or throws EAGAIN, as the descriptor's flags say.
    public func nextEvent() throws(VerbsErrno) -> CompletionQueue {
        while true {
            if let queue = try takeEvent() { return queue }
        }
    }

    /// Takes one event, waiting as `nextEvent` does; nil: it belonged to a queue destroyed meanwhile.
    public func takeEvent() throws(VerbsErrno) -> CompletionQueue? {
        do {
            _ = try EventDescriptor.consume(descriptor)
        } catch {
            throw VerbsErrno(rawValue: error.number)
        }
        return queueWithEvent()
    }

    /// Takes turns, so that a busy queue does not starve the others.
    private func queueWithEvent() -> CompletionQueue? {
        lock.withLock { () -> CompletionQueue? in
            for step in queues.indices {
                let index = (next + step) % queues.count
                guard queues[index].takeEvent() else { continue }
                next = index + 1
                return queues[index]
            }
            return nil
        }
    }

    /// EBUSY while completion queues use it.
    public func destroy() throws(VerbsErrno) {
        guard lock.withLock({ queues.isEmpty }) else { throw .busy }
    }
}
