// QueuePair+Fault.swift - what a refused request does to the target, and to us.
//
// Owns: carrying out the consequences that Verbs names: the target's completion, event, state, and the wake-ups.
// Spec: IBA vol 1, 9.9.3.
// Locking: enters with the target's entry lock held and lets it go.

import Fabric
import Platform
import Verbs

extension QueuePair {
    /// Refuses a request. The target's lock is held, and let go here.
    @inline(never)
    func fail(
        _ fault: ResponderFault, _ target: Int, _ claim: ReceiveClaim?
    ) -> RequestOutcome {
        let responder = responder(at: target)
        guard let consequence = fault.consequence(type: type) else {
            responder.leave()
            return RequestOutcome(status: .success, fault: fault)
        }
        var wake = false
        if let claim { wake = settle(claim, responder, consequence) }
        if consequence.responderFails, responder.enterErrorState(epoch: responder.epoch) {
            wake = responder.flushReceives(epoch: responder.epoch, as: holder) || wake
        }
        responder.leave()
        if wake { signalCompletion(target) }
        if let event = consequence.event { raise(event, target) }
        if consequence.responderFails, responder.sharedReceiveQueue != nil, !responder.isExtended {
            raise(.lastWorkQueueEntryReached, target)
        }
        if fault == .completionQueueOverrun { raiseQueueError(target) }
        return RequestOutcome(status: consequence.initiatorStatus, fault: fault)
    }

    /// Completes the receive request that the message had taken, or leaves it for the next one.
    private func settle(_ claim: ReceiveClaim, _ responder: Responder, _ consequence: ResponderFaultConsequence) -> Bool {
        guard let status = consequence.receiveStatus else {
            if claim.isShared { responder.sharedReceiveQueue?.putBack(claim.position, as: holder) }
            return false
        }
        let wake = responder.complete(
            claim.position, status, isShared: claim.isShared, epoch: responder.epoch, as: holder)
        if !claim.isShared { responder.entry.receiveHead.store(claim.position &+ 1) }
        return wake ?? false
    }

    /// The first message arrived before the target went to RTS.
    @inline(never)
    func communicationEstablished(_ target: Int) {
        guard type.isConnected, !targets[Self.connectionPlace].toldEstablished else { return }
        targets[Self.connectionPlace].toldEstablished = true
        raise(.communicationEstablished, target)
    }

    func raise(_ event: AsyncEventType, _ target: Int) {
        let responder = responder(at: target)
        responder.entry.events.set(bits: 1 << UInt32(event.rawValue))
        let owner = type == .xrcInitiator ? Self.connectionPlace : target
        peer(of: owner)?.signal(EventName(rawValue: responder.entry.eventDescriptor.load()))
    }

    private func raiseQueueError(_ target: Int) {
        let entry = responder(at: target).completions.entry
        guard entry.events.set(bits: 1 << UInt32(AsyncEventType.completionQueueError.rawValue)) == 0 else { return }
        peer(of: target)?.signal(EventName(rawValue: entry.eventDescriptor.load()))
    }

    @inline(never)
    func signalCompletion(_ target: Int) {
        let entry = responder(at: target).completions.entry
        peer(of: target)?.signal(EventName(rawValue: entry.channelDescriptor.load()))
    }

    /// After a receive was taken from a shared queue: fewer than its owner wants may be left.
    @inline(__always)
    func checkLimit(_ target: Int) {
        guard let shared = responder(at: target).sharedReceiveQueue, shared.crossedLimit() else { return }
        limitReached(shared, target)
    }

    @inline(never)
    private func limitReached(_ shared: SharedReceiveRing, _ target: Int) {
        shared.entry.events.set(bits: 1 << UInt32(AsyncEventType.sharedReceiveQueueLimitReached.rawValue))
        peer(of: target)?.signal(EventName(rawValue: shared.entry.eventDescriptor.load()))
    }
}
