// QueuePair+PostSend.swift - the send queue's front door.
//
// Owns: what is refused at once, the queue's count, and whether a request runs now or waits behind others.
// Spec: IBA vol 1, 11.4.1.1.   C: ibv_post_send(3).   HOT.
// Locking: `sendLock` for the whole of a request: the poster's core is the adapter.

import Fabric
import Synchronization
import Verbs

extension QueuePair {
    /// 0, or the errno: EINVAL for what this queue pair cannot do in its state, ENOMEM when the queue is full.
    public func postSend(_ request: SendRequest) -> Int32 {
        guard let opcode = request.knownOpcode else { return VerbsErrno.invalidArgument.rawValue }
        sendLock.acquire()
        defer { sendLock.release() }
        let decision = decide(opcode)
        guard decision != .refuse,
            ScatterGatherRules.allowsCount(Int(request.elementCount), capability: capabilities.sendElements),
            !request.flags.contains(.inline) || isInlineAllowed(request, opcode)
        else { return VerbsErrno.invalidArgument.rawValue }
        guard hasRoom(for: 1) else { return VerbsErrno.noMemory.rawValue }
        start(request, opcode, decision)
        return 0
    }

    @inline(__always)
    func decide(_ opcode: SendOpcode) -> PostingDecision {
        PostingRules.sendDecision(
            state: QueuePairStatus(rawValue: entry.status.load()).state, type: type, opcode: opcode)
    }

    @inline(__always)
    func hasRoom(for count: UInt32) -> Bool {
        count <= capabilities.sendWorkRequests
            && posted &- sendsReleased.load(ordering: .acquiring) <= capabilities.sendWorkRequests - count
    }

    /// Gives a request its place in the queue: it runs now, or waits behind others, or is flushed. `sendLock` is held.
    @inline(__always)
    func start(_ request: SendRequest, _ opcode: SendOpcode, _ decision: PostingDecision) {
        let position = posted
        posted = position &+ 1
        if decision == .execute, !isWaiting {
            run(request, opcode, position)
        } else if decision == .flush {
            complete(request, opcode, position, .flushedInError, byteCount: 0)
        } else {
            wait(request, opcode, position)
        }
    }

    private var isWaiting: Bool {
        guard let pendingSends else { return false }
        return !pendingSends.isEmpty
    }

    func isInlineAllowed(_ request: SendRequest, _ opcode: SendOpcode) -> Bool {
        var total: UInt64 = 0
        for index in 0..<Int(request.elementCount) { total &+= unsafe UInt64(request.elements?[index].length ?? 0) }
        return InlineRules.allows(opcode, totalLength: total, maxInlineBytes: capabilities.inlineData)
    }

    /// Executes a request now; it waits when the target is not ready for it.
    @inline(__always)
    private func run(_ request: SendRequest, _ opcode: SendOpcode, _ position: UInt32) {
        let destination = datagramDestination(request)
        let outcome = execute(request, opcode, destination)
        if outcome.mustWait {
            wait(request, opcode, position)
            attemptFailed(outcome)
        } else {
            complete(request, opcode, position, outcome.status, byteCount: outcome.byteCount)
        }
    }

    @inline(__always)
    func datagramDestination(_ request: SendRequest) -> DatagramDestination? {
        guard type == .unreliableDatagram, let handle = unsafe request.addressHandle else { return nil }
        return unsafe handle._withUnsafeGuaranteedRef { $0.destination }
    }

    /// Ends a request: success is told when asked for, everything else always.
    func complete(
        _ request: SendRequest, _ opcode: SendOpcode, _ position: UInt32, _ status: CompletionStatus, byteCount: UInt32
    ) {
        if status == .success {
            if signalAll || request.flags.contains(.signaled) {
                pushSendCompletion(request.workRequestID, opcode, position, status, byteCount: byteCount)
            }
            return
        }
        let next = status.stateAfterSend(type: type)
        if let next { enterState(next) }
        pushSendCompletion(request.workRequestID, opcode, position, status, byteCount: 0)
        if let next { flushAfter(next) }
    }

    @inline(__always)
    func pushSendCompletion(
        _ identifier: UInt64, _ opcode: SendOpcode, _ position: UInt32, _ status: CompletionStatus, byteCount: UInt32
    ) {
        guard let place = sendCompletions.value.claim(as: holder) else { return completionQueueOverran(sendQueue) }
        let slot = sendCompletions.value.slot(place)
        slot.queuePair.store(UInt32(truncatingIfNeeded: index))
        slot.epoch.store(epoch)
        slot.header.store(
            CompletionHeader(isReceive: false, status: status, opcode: opcode.completionOpcode, flags: [], payload: .placed)
                .rawValue)
        slot.position.store(position)
        slot.byteCount.store(byteCount)
        slot.identifier.store(identifier)
        // An unsuccessful completion counts as solicited: whoever sleeps has to hear of it.
        if sendCompletions.value.publish(place, solicited: status != .success) { sendQueue.signalOwn() }
    }
}
