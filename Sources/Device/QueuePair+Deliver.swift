// QueuePair+Deliver.swift - the responder's side of a message that uses a receive request.
//
// Owns: taking the receive, checking it, moving the bytes, publishing the completion. Small messages travel in the
// completion slot, middling ones through the eager ring, large ones are copied by the kernel straight to their place.
// Spec: IBA vol 1, 9.7.4.1.4, 9.9.3 (responder faults), 10.3.1.   HOT.
// Locking: `sendLock` held; the target's entry lock from `enter` to `leave`.

import Fabric
import Platform
import Verbs

extension QueuePair {
    @inline(__always)
    func deliver(
        _ request: SendRequest, _ opcode: SendOpcode, _ payload: GatheredPayload, to target: Int
    ) -> RequestOutcome {
        guard let status = enter(target) else { return .noResponder }
        let outcome = deliverEntered(request, opcode, payload, status, to: target)
        if status.stateValue == QueuePairState.readyToReceive.rawValue { communicationEstablished(target) }
        return outcome
    }

    /// With the target's lock held; lets it go.
    @inline(__always)
    private func deliverEntered(
        _ request: SendRequest, _ opcode: SendOpcode, _ payload: GatheredPayload, _ status: QueuePairStatus,
        to target: Int
    ) -> RequestOutcome {
        let responder = responder(at: target)
        if type == .unreliableDatagram, responder.entry.queueKey.load() != queueKey(of: request) {
            responder.leave()
            return .done(.success)
        }
        guard var claim = claimReceive(target) else {
            responder.leave()
            return .receiverNotReady(timer: status.rnrTimer)
        }
        let isImmediateOnly = opcode == .rdmaWriteWithImmediate
        let moved = isImmediateOnly ? GatheredPayload() : payload
        claim.isVouchedFor = moved.byteCount <= UInt64(EagerRing.messageBytesMax) && isVouchedFor(claim, responder, moved)
        if !claim.isVouchedFor, let fault = checkReceive(&claim, responder, byteCount: moved.byteCount) {
            return fail(fault, target, claim)
        }
        if opcode == .sendWithInvalidate, !mayInvalidate(MemoryKey(rawValue: request.immediate), responder) {
            return fail(.invalidKeyToInvalidate, target, claim)
        }
        return fillAndPublish(request, opcode, payload, moved, &claim, target)
    }

    /// Whether the owner's word makes reading the receive unnecessary.
    @inline(__always)
    private func isVouchedFor(_ claim: ReceiveClaim, _ responder: Responder, _ payload: GatheredPayload) -> Bool {
        payload.byteCount == 0
            || !claim.isShared
                && responder.entry.facts.vouch(
                    for: claim.position, byteCount: payload.byteCount, keyEpoch: responder.view.header.keyEpoch)
    }

    @inline(__always)
    private func queueKey(of request: SendRequest) -> UInt32 {
        // IBA 10.2.5: a set top bit asks for the sender's own key.
        request.remoteQueueKey & 0x8000_0000 != 0 ? attributes.queueKey : request.remoteQueueKey
    }

    @inline(__always)
    private func claimReceive(_ target: Int) -> ReceiveClaim? {
        let responder = responder(at: target)
        if let shared = responder.sharedReceiveQueue {
            guard let slot = shared.take(as: holder) else { return nil }
            return ReceiveClaim(slot: shared.slot(slot), position: slot, isShared: true, elementsMax: shared.elements)
        }
        let position = responder.entry.receiveHead.load()
        // Others may send to a datagram queue pair too: its head can have passed the tail that was seen from here.
        if !targets[target].hasSeenReceive(position) {
            targets[target].receiveTailSeen = responder.entry.receiveTail.acquire()
            if !targets[target].hasSeenReceive(position) { return nil }
        }
        return ReceiveClaim(
            slot: responder.slot(position), position: position, isShared: false, elementsMax: responder.elements)
    }

    /// Whether the receive request can hold the message, by its own domain's keys; its pieces are resolved then.
    @inline(__always)
    private func checkReceive(_ claim: inout ReceiveClaim, _ responder: Responder, byteCount: UInt64) -> ResponderFault? {
        guard byteCount <= claim.slot.totalBytes.load() else { return .receiveBufferTooSmall }
        let count = min(claim.slot.elementCount.load(), claim.elementsMax)
        var left = byteCount
        claim.pieceCount = 0
        for index in 0..<Int(count) where left > 0 {
            let element = claim.slot.element(index)
            let part = min(left, UInt64(element.length))
            guard part > 0 else { continue }
            guard resolve(element, byteCount: part, in: responder, piece: claim.pieceCount) else {
                return .receiveBufferProtection
            }
            claim.pieceCount &+= 1
            left &-= part
        }
        return left == 0 ? nil : .receiveBufferTooSmall
    }

    /// Checks one element of a receive and puts its place into the scratch list.
    @inline(__always)
    private func resolve(
        _ element: ScatterGatherElement, byteCount: UInt64, in responder: Responder, piece: Int
    ) -> Bool {
        guard piece < Self.piecesMax, let entry = responder.view.key(element.localKey) else { return false }
        if entry.touched.load() == 0 { entry.touched.exchange(1) }
        if entry.isWatched { responder.view.header.awaitMappingChanges() }
        let verdict = AccessCheck.check(
            entry.descriptor, key: element.localKey, address: element.address, length: UInt64(element.length),
            protectionDomain: responder.receiveDomain, use: .localWrite)
        guard verdict == .granted else { return false }
        remotePieces[piece] = IOVector(base: entry.translate(element.address), length: byteCount)
        return true
    }

    @inline(__always)
    private func fillAndPublish(
        _ request: SendRequest, _ opcode: SendOpcode, _ payload: GatheredPayload, _ moved: GatheredPayload,
        _ claim: inout ReceiveClaim, _ target: Int
    ) -> RequestOutcome {
        let responder = responder(at: target)
        var placement = CompletionHeader.Payload.placed
        var eagerBegin: UInt32 = 0
        if moved.byteCount > responder.completions.payloadBytesMax {
            switch putEager(moved, responder, target) {
            case .placed(let begin):
                placement = .eager
                eagerBegin = begin
            case .unreadable:
                return abandon(claim, responder, .done(.localProtectionError))
            case .noRoom:
                if let failure = putDirect(moved, &claim, target) { return failure }
            }
        } else if moved.byteCount > 0 {
            placement = .inSlot
        }
        guard let place = targets[target].responder.completions.claim(as: holder) else {
            // The room that the payload took goes to the next one.
            if placement == .eager { responder.entry.eagerHead.store(eagerBegin) }
            return overrun(claim, responder, target)
        }
        let completions = self.responder(at: target).completions
        let slot = completions.slot(place)
        if placement == .inSlot, !copyPieces(moved, to: slot.payload) {
            completions.abandon()
            return abandon(claim, responder, .done(.localProtectionError))
        }
        fill(slot, request, opcode, payload, placement, eagerBegin, claim, responder)
        if opcode == .sendWithInvalidate { invalidate(MemoryKey(rawValue: request.immediate), responder) }
        let isSolicited = request.flags.contains(.solicited)
        let wake = completions.publish(place, solicited: isSolicited)
        if !claim.isShared { responder.entry.receiveHead.store(claim.position &+ 1) }
        responder.leave()
        if wake { signalCompletion(target) }
        if claim.isShared { checkLimit(target) }
        return .done(.success)
    }

    /// The target's completion queue has no room. Where its owner promised that this would not happen, the message waits
    /// as it would for a receive; nothing is lost.
    @inline(never)
    private func overrun(_ claim: ReceiveClaim, _ responder: Responder, _ target: Int) -> RequestOutcome {
        guard responder.completions.ignoresOverrun else { return fail(.completionQueueOverrun, target, claim) }
        let timer = QueuePairStatus(rawValue: responder.entry.status.load()).rnrTimer
        return abandon(claim, responder, .receiverNotReady(timer: timer))
    }

    @inline(__always)
    private func fill(
        _ slot: CompletionSlot, _ request: SendRequest, _ opcode: SendOpcode, _ payload: GatheredPayload,
        _ placement: CompletionHeader.Payload, _ eagerBegin: UInt32, _ claim: ReceiveClaim, _ responder: Responder
    ) {
        let flags =
            opcode.carriesImmediate ? payload.flags.union(.withImmediate)
            : opcode == .sendWithInvalidate ? payload.flags.union(.withInvalidate) : payload.flags
        responder.name(slot, epoch: responder.epoch)
        slot.header.store(
            CompletionHeader(
                isReceive: true, status: .success,
                opcode: opcode == .rdmaWriteWithImmediate ? .receiveRDMAWithImmediate : .receive, flags: flags,
                payload: placement, fromSharedReceiveQueue: claim.isShared, isExtended: responder.isExtended
            ).rawValue)
        slot.position.store(claim.position)
        slot.byteCount.store(UInt32(truncatingIfNeeded: payload.byteCount))
        slot.immediate.store(request.immediate)
        slot.source.store(responder.isExtended ? attributes.destinationQueuePair.rawValue : source)
        slot.identifier.store(UInt64(eagerBegin))
    }

    /// Copies the gathered pieces into shared memory; false when one of them cannot be read: its memory went after it was
    /// registered, or it is inline and never was there.
    @inline(__always)
    private func copyPieces(_ payload: GatheredPayload, to destination: SharedRecord) -> Bool {
        var place = destination.address(0)
        for index in 0..<payload.pieceCount {
            let piece = localPieces[index]
            guard GuardedCopy.copy(to: place, from: piece.base, byteCount: Int(piece.length)) else { return false }
            place &+= piece.length
        }
        return true
    }

    /// What became of a message that is to travel through the eager ring.
    private enum EagerPlacement {
        case placed(UInt32)
        /// It is too large, or there is no room now.
        case noRoom
        /// The poster's memory is not there.
        case unreadable
    }

    /// Puts a middling message into the target's eager ring.
    @inline(__always)
    private func putEager(_ payload: GatheredPayload, _ responder: Responder, _ target: Int) -> EagerPlacement {
        // The ring is the queue pair's, and its owner may not be who polls an extended connection's receives.
        guard payload.byteCount <= UInt64(EagerRing.messageBytesMax), !responder.isExtended else { return .noRoom }
        let size = UInt32(payload.byteCount)
        let head = responder.entry.eagerHead.load()
        var place = EagerRing.place(size, head: head, tail: targets[target].eagerTailSeen)
        if place == nil {
            targets[target].eagerTailSeen = responder.entry.eagerTail.acquire()
            place = EagerRing.place(size, head: head, tail: targets[target].eagerTailSeen)
        }
        guard let begin = place, let offset = EagerRing.offset(of: begin, size: size) else { return .noRoom }
        guard copyPieces(payload, to: responder.eager.advanced(by: offset)) else { return .unreadable }
        responder.entry.eagerHead.store(EagerRing.end(of: begin, size: size))
        return .placed(begin)
    }

    /// Lets the kernel copy a large message into the target's buffers. Nil when all of it is there; otherwise the
    /// request's outcome, and the target's lock let go.
    private func putDirect(
        _ payload: GatheredPayload, _ claim: inout ReceiveClaim, _ target: Int
    ) -> RequestOutcome? {
        let responder = responder(at: target)
        if claim.isVouchedFor, let fault = checkReceive(&claim, responder, byteCount: payload.byteCount) {
            return fail(fault, target, claim)
        }
        let place = RemotePlace.receive(position: claim.position, isShared: claim.isShared)
        switch transfer(.write, payload, remoteCount: claim.pieceCount, place, target) {
        case .moved: return nil
        case .remoteFault: return fail(.receiveBufferProtection, target, claim)
        case .localFault: return abandon(claim, responder, .done(.localProtectionError))
        case .gone: return abandon(claim, responder, .noResponder)
        case .unanswered: return abandon(claim, responder, .gaveUp(isReliable: type == .reliableConnection))
        }
    }

    /// The message did not get through, and it was not the receive's fault: the receive stays for the next one.
    func abandon(_ claim: ReceiveClaim, _ responder: Responder, _ outcome: RequestOutcome) -> RequestOutcome {
        if claim.isShared { responder.sharedReceiveQueue?.putBack(claim.position, as: holder) }
        responder.leave()
        return outcome
    }
}
