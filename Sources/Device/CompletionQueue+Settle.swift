// CompletionQueue+Settle.swift - puts payloads that still travel in completion entries where they belong.
//
// Owns: what must happen before a key goes. An adapter has written a message to memory when its completion exists; here a
// small one waits in the completion until it is polled. A program that takes the key back in between, and gives the memory
// another use, must find the bytes there now and must not find them written later.
// Locking: `pollLock`.

import Fabric

extension CompletionQueue {
    /// Places the payload of every completion that nobody has polled yet.
    func settle() {
        pollLock.acquire()
        defer { pollLock.release() }
        var position = head.value
        let end = position &+ ring.capacity
        while position != end {
            let slot = ring.slot(position)
            guard slot.sequence.acquire() == position &+ 1 else { return }
            if CompletionHeader(rawValue: slot.header.load()).isExtended {
                let queue = unsafe process.sharedReceiveQueues.lookup(slot.queuePair.load())?.takeUnretainedValue()
                if queue?.extended?.completionQueue === self { queue?.settleReceive(slot) }
            } else if let queuePair = unsafe process.queuePairs.lookup(slot.queuePair.load())?.takeUnretainedValue(),
                queuePair.epoch == slot.epoch.load()
            {
                queuePair.settleReceive(slot)
            }
            position &+= 1
        }
    }
}

extension DeviceProcess {
    /// Before a region that receives may have been posted to loses its key.
    func settleReceives() {
        for queue in completionQueues.all() { queue.settle() }
    }
}
