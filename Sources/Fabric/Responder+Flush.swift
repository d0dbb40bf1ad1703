// Responder+Flush.swift - a queue pair's way into the error state, whoever found the error.
//
// Owns: the change of the state word, and the flushed completions of its receives. Does not: flush sends (their owner
// does, they are its private memory).
// Spec: IBA vol 1, 10.3.1.7, 10.8.3.1.2.
// Locking: the entry's lock is held by the caller.

import Verbs

extension Responder {
    /// Moves the entry to the error state; false when it had been there, or this life of it is over.
    public func enterErrorState(epoch: UInt32) -> Bool {
        while true {
            let seen = entry.status.acquire()
            var status = QueuePairStatus(rawValue: seen)
            guard status.epoch == epoch, status.stateValue != QueuePairState.reset.rawValue,
                status.stateValue != QueuePairState.error.rawValue
            else { return false }
            status.state = .error
            if entry.status.replace(seen, by: status.rawValue) { return true }
        }
    }

    /// Completes every posted receive as flushed. True when an event has to be raised for it.
    public func flushReceives(epoch: UInt32, as holder: HolderIdentity) -> Bool {
        var wake = false
        var position = entry.receiveHead.load()
        let tail = entry.receiveTail.acquire()
        // A count that no owner could have written flushes nothing.
        guard tail &- position <= mask &+ 1 else { return false }
        while position != tail {
            guard let raised = complete(position, .flushedInError, epoch: epoch, as: holder) else { return wake }
            wake = raised || wake
            position &+= 1
            entry.receiveHead.store(position)
        }
        return wake
    }

    /// Completes one receive in error. True when an event has to be raised; nil when the queue had no room.
    public func complete(
        _ position: UInt32, _ status: CompletionStatus, isShared: Bool = false, epoch: UInt32, as holder: HolderIdentity
    ) -> Bool? {
        var completions = completions
        guard let place = completions.claim(as: holder) else { return nil }
        let slot = completions.slot(place)
        name(slot, epoch: epoch)
        slot.header.store(
            CompletionHeader(
                isReceive: true, status: status, opcode: .receive, flags: [], payload: .placed,
                fromSharedReceiveQueue: isShared, isExtended: isExtended
            ).rawValue)
        slot.position.store(position)
        slot.byteCount.store(0)
        slot.immediate.store(0)
        slot.source.store(isExtended ? entry.number.load() : 0)
        return completions.publish(place, solicited: true)
    }
}
