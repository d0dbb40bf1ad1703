// QueuePair+Modify.swift - changes of state and attributes.
//
// Owns: what a change does to the entry and the queues. Does not: decide whether it is legal (Verbs).
// Spec: IBA vol 1, 10.3.1, 11.2.5.2.   C: ibv_modify_qp(3), ibv_query_qp(3).
// Locking: `modifyLock` around all of it; the entry's lock around what peers see.

import Fabric
import Verbs

extension QueuePair {
    /// EINVAL for an illegal transition, a missing or surplus attribute, or a value out of range; nothing changes then.
    public func modify(_ wanted: QueuePairAttributes, mask named: QueuePairAttributeMask) throws(VerbsErrno) {
        // Whoever made the queue pair keeps its attributes.
        guard opened == nil else { throw .notSupported }
        let mask = QueuePairTransitions.meant(named, for: type)
        modifyLock.acquire()
        defer { modifyLock.release() }
        attributes.state = state
        let to = mask.contains(.state) ? wanted.state : attributes.state
        try QueuePairTransitions.check(
            from: attributes.state, to: to, type: type, mask: mask, linkLayer: context.description.linkLayer)
        try QueuePairTransitions.checkDraining(from: attributes.state, to: to, isDraining: sendLock.withLock { isDraining })
        try QueuePairAttributeRules.check(
            wanted, mask: mask, type: type, current: attributes, limits: context.limits,
            linkLayer: context.description.linkLayer)
        let from = attributes.state
        QueuePairAttributeRules.apply(wanted, mask: mask, to: &attributes)
        switch to {
        case .reset: reset()
        // Nothing is outstanding in RESET, and the entry does not hold what an error would be judged by.
        case .error where from == .reset: publish(from: from)
        case .error: moveToError()
        default: publish(from: from)
        }
    }

    /// Everything that was set, and the state as it is now.
    public func query() -> QueuePairAttributes {
        if let opened { return opened.query() }
        modifyLock.acquire()
        defer { modifyLock.release() }
        attributes.state = state
        attributes.currentState = attributes.state
        attributes.isDraining = attributes.state == .sendQueueDrained && sendLock.withLock { isDraining }
        return attributes
    }

    private func reset() {
        sendLock.acquire()
        receiveLock.acquire()
        retire(type: type)
        for word in [entry.receiveHead, entry.eagerHead, entry.receiveTail, entry.eagerTail, entry.peer] { word.store(0) }
        entry.facts.clear()
        locked.value.promisedBytes = 0
        process.waiting.remove(self)
        pendingSends?.removeAll()
        isDraining = false
        posted = 0
        receivesPosted.store(0, ordering: .relaxed)
        sendsReleased.store(0, ordering: .relaxed)
        receivesReleased.store(0, ordering: .relaxed)
        forgetTargets()
        receiveLock.release()
        sendLock.release()
        process.waitForCopies()
    }

    /// Shows peers what they need to know in the new state.
    private func publish(from: QueuePairState) {
        sendLock.acquire()
        defer { sendLock.release() }
        if attributes.state == .readyToReceive { prepareToReceive() }
        if from == .readyToReceive || from == .sendQueueDrained || from == .readyToSend { prepareToSend() }
        entry.lock.acquireOwn(as: holder)
        entry.queueKey.store(attributes.queueKey)
        entry.peer.store(attributes.destinationQueuePair.rawValue)
        entry.receivePSN.store(attributes.receivePSN)
        entry.responderResources.store(UInt32(attributes.maxResponderResources))
        entry.status.publish(
            QueuePairStatus(
                state: attributes.state, type: type, access: attributes.accessFlags,
                rnrTimer: attributes.minReceiverNotReadyTimer, epoch: epoch
            ).rawValue)
        entry.lock.release()
        drainOrResume(from: from)
    }

    /// Resolves the path, and meets the peer's process now, so that the first request need not.
    private func prepareToReceive() {
        guard type.isConnected else { return }
        pathDevice = context.resolve(attributes.addressVector)
        if pathDevice != nil { _ = process.member.peer(for: attributes.destinationQueuePair, mayWait: true) }
    }

    private func prepareToSend() {
        retry = RequesterRetry(
            retryCount: attributes.retryCount, receiverNotReadyRetry: attributes.receiverNotReadyRetry,
            timeoutCode: attributes.timeout)
        if attributes.state == .readyToSend, !(pendingSends?.isEmpty ?? true) { process.waiting.insert(self) }
    }
}
