// CompletionQueue+Poll.swift - takes completions out, and puts small messages where they belong.
//
// Owns: the consumer's end of the ring. What stands in a slot may have been written by a peer: indices and sizes are
// checked before use, and a slot that names nothing of ours is passed over.
// Spec: IBA vol 1, 11.4.2.1.   HOT.
// Locking: `pollLock`.

import Fabric
import Platform
import Verbs

extension CompletionQueue {
    /// Writes up to `count` completions to `output`; how many there were.
    public func poll(_ output: UnsafeMutablePointer<Completion>, _ count: Int32) -> Int32 {
        pollLock.acquire()
        var found: Int32 = 0
        var position = head.value
        // Once around the ring at most, should a peer go on filling it with what names nothing.
        let end = position &+ ring.capacity
        while found < count, position != end {
            let slot = ring.slot(position)
            guard slot.sequence.acquire() == position &+ 1 else { break }
            if unsafe consume(slot, output + Int(found)) { found &+= 1 }
            position &+= 1
        }
        if position != head.value {
            head.value = position
            entry.head.publish(position)
            emptyPolls.value = 0
            pollLock.release()
            return found
        }
        let isFruitless = countEmptyPoll()
        pollLock.release()
        letOthersRun(isFruitless: isFruitless)
        return found
    }

    /// True now and then.
    @inline(__always)
    func countEmptyPoll() -> Bool {
        emptyPolls.value &+= 1
        return emptyPolls.value & Self.yieldMask == Self.yieldMask
    }

    /// Nothing was there: what this process itself owes its peers goes on first.
    @inline(__always)
    func letOthersRun(isFruitless: Bool) {
        if !process.waiting.isEmpty { process.makeProgress() }
        // Where spinning programs outnumber the processors, the peer may be waiting for this one.
        if isFruitless { Clock.yield() }
    }

    /// A call that does nothing every 10 µs or so of vain polling.
    private static var yieldMask: UInt32 { 0x3ff }

    /// Turns a slot into a completion; false when it belongs to a queue pair, or a life of one, that is gone.
    @inline(__always)
    func consume(_ slot: CompletionSlot, _ output: UnsafeMutablePointer<Completion>) -> Bool {
        let header = CompletionHeader(rawValue: slot.header.load())
        if header.isExtended { return unsafe consumeExtended(slot, output) }
        guard let queuePair = unsafe process.queuePairs.lookup(slot.queuePair.load()) else { return false }
        return unsafe queuePair._withUnsafeGuaranteedRef { (queuePair: QueuePair) -> Bool in
            guard queuePair.epoch == slot.epoch.load() else { return false }
            return unsafe header.isReceive ? queuePair.finishReceive(slot, output) : queuePair.finishSend(slot, output)
        }
    }

    /// A receive of an extended connection: it names a shared receive queue of ours.
    @inline(never)
    private func consumeExtended(_ slot: CompletionSlot, _ output: UnsafeMutablePointer<Completion>) -> Bool {
        guard let queue = unsafe process.sharedReceiveQueues.lookup(slot.queuePair.load()) else { return false }
        return unsafe queue._withUnsafeGuaranteedRef { (queue: SharedReceiveQueue) -> Bool in
            guard queue.completesIn == ObjectIdentifier(self) else { return false }
            return unsafe queue.finishReceive(slot, output)
        }
    }
}
