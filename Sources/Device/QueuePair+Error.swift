// QueuePair+Error.swift - this queue pair's own way into an error state.
//
// Owns: the change, and the flush of both queues in posting order. Spec: IBA vol 1, 10.3.1.6 (SQE), 10.3.1.7.
// Locking: each function says what it needs.

import Fabric
import Platform
import Verbs

extension QueuePair {
    /// Asked for by modify: everything outstanding is flushed. Takes `sendLock`.
    func moveToError() {
        sendLock.acquire()
        enterState(.error)
        flushAfter(.error)
        sendLock.release()
    }

    /// A send request of ours is about to complete in error: whoever sees its completion sees the state too. `sendLock` is
    /// held; the target's entry lock is not.
    @inline(never)
    func enterState(_ next: QueuePairState) {
        guard next == .error else { return enterSendQueueError() }
        entry.lock.acquireOwn(as: holder)
        _ = receiveSlots.enterErrorState(epoch: epoch)
        entry.lock.release()
    }

    /// What stands behind the request that failed.
    @inline(never)
    func flushAfter(_ next: QueuePairState) {
        if next == .error {
            flushReceives()
            if sharedReceiveQueue != nil { raiseOwn(.lastWorkQueueEntryReached) }
        }
        flushSends()
    }

    private func enterSendQueueError() {
        entry.lock.acquireOwn(as: holder)
        var status = QueuePairStatus(rawValue: entry.status.acquire())
        if status.state == .readyToSend {
            status.state = .sendQueueError
            entry.status.publish(status.rawValue)
        }
        entry.lock.release()
    }

    /// A receive was posted while a peer moved us to the error state: whoever sees both flushes.
    @inline(never)
    func flushReceives() {
        entry.lock.acquireOwn(as: holder)
        let wake = receiveSlots.flushReceives(epoch: epoch, as: holder)
        entry.lock.release()
        if wake { receiveQueue.signal() }
    }

    /// Completes every waiting request as flushed, oldest first. `sendLock` is held.
    func flushSends() {
        guard let pendingSends else { return }
        while let pending = pendingSends.first {
            pendingSends.removeFirst()
            pushSendCompletion(
                pending.request.workRequestID, pending.opcode, pending.position, .flushedInError, byteCount: 0)
        }
        process.waiting.remove(self)
    }

    /// One of our completion queues had no room: it is in error, and so are we.
    @inline(never)
    func completionQueueOverran(_ queue: CompletionQueue) {
        // The program promised that it would not happen, and loses a completion.
        if queue.ring.ignoresOverrun { return }
        if queue.entry.events.set(bits: 1 << UInt32(AsyncEventType.completionQueueError.rawValue)) == 0 {
            _ = EventDescriptor.signal(queue.context.asyncDescriptor)
        }
        entry.lock.acquireOwn(as: holder)
        let failed = receiveSlots.enterErrorState(epoch: epoch)
        entry.lock.release()
        if failed { raiseOwn(.queuePairFatal) }
    }

    func raiseOwn(_ event: AsyncEventType) {
        entry.events.set(bits: 1 << UInt32(event.rawValue))
        _ = EventDescriptor.signal(context.asyncDescriptor)
    }
}

extension CompletionQueue {
    /// One of our own requests raises an event.
    @inline(never)
    func signalOwn() {
        if moderation.isOn.load(ordering: .acquiring) { process.member.wakeAgent(at: 0) } else { signal() }
    }

    /// Raises one unit on our own channel.
    @inline(never)
    func signal() {
        guard let channel else { return }
        _ = EventDescriptor.signal(channel.descriptor)
    }
}
