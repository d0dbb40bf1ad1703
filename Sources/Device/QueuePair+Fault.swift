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
        _ fault: ResponderFault, _ target: UnsafeMutablePointer<Target>, _ claim: ReceiveClaim?
    ) -> RequestOutcome {
        let responder = unsafe target.pointee.responder.unsafelyUnwrapped
        guard let consequence = fault.consequence(type: type) else {
            responder.entry.lock.release()
            return RequestOutcome(status: .success, fault: fault)
        }
        var wake = false
        if let claim { wake = settle(claim, responder, consequence) }
        if consequence.responderFails, responder.enterErrorState(epoch: responder.epoch) {
            wake = responder.flushReceives(epoch: responder.epoch, as: holder) || wake
        }
        responder.entry.lock.release()
        if wake { unsafe signalCompletion(target) }
        if let event = consequence.event { unsafe raise(event, target) }
        if consequence.responderFails, responder.sharedReceiveQueue != nil { unsafe raise(.lastWorkQueueEntryReached, target) }
        if fault == .completionQueueOverrun { unsafe raiseQueueError(target) }
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
    func communicationEstablished(_ target: UnsafeMutablePointer<Target>) {
        guard let responder = unsafe target.pointee.responder, type.isConnected,
            !unsafe target.pointee.toldEstablished
        else { return }
        unsafe target.pointee.toldEstablished = true
        _ = responder
        unsafe raise(.communicationEstablished, target)
    }

    func raise(_ event: AsyncEventType, _ target: UnsafeMutablePointer<Target>) {
        guard let responder = unsafe target.pointee.responder else { return }
        responder.entry.events.set(bits: 1 << UInt32(event.rawValue))
        unsafe peer(of: target)?.signal(responder.entry.eventDescriptor.load())
    }

    private func raiseQueueError(_ target: UnsafeMutablePointer<Target>) {
        guard let entry = unsafe target.pointee.responder?.completions.entry else { return }
        guard entry.events.set(bits: 1 << UInt32(AsyncEventType.completionQueueError.rawValue)) == 0 else { return }
        unsafe peer(of: target)?.signal(entry.eventDescriptor.load())
    }

    @inline(never)
    func signalCompletion(_ target: UnsafeMutablePointer<Target>) {
        guard let entry = unsafe target.pointee.responder?.completions.entry else { return }
        unsafe peer(of: target)?.signal(entry.channelDescriptor.load())
    }

    /// After a receive was taken from a shared queue: fewer than its owner wants may be left.
    @inline(__always)
    func checkLimit(_ target: UnsafeMutablePointer<Target>) {
        guard let shared = unsafe target.pointee.responder?.sharedReceiveQueue, shared.crossedLimit() else { return }
        shared.entry.events.set(bits: 1 << UInt32(AsyncEventType.sharedReceiveQueueLimitReached.rawValue))
        unsafe peer(of: target)?.signal(shared.entry.eventDescriptor.load())
    }
}
