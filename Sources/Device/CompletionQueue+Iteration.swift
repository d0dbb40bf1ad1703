// CompletionQueue+Iteration.swift - polling one completion after the other, in place.
//
// Owns: the run from start to end. Does not: take completions out of the ring (+Poll).
// C: ibv_start_poll, ibv_next_poll, ibv_end_poll of ibv_create_cq_ex(3).   HOT.
// Locking: `runLock` from a successful start to the end: other threads that start wait so long. `pollLock` for one step
// only: in the middle of a run the program may destroy queue pairs, deregister memory, and poll by ibv_poll_cq.

import Fabric
import Platform
import Verbs

extension CompletionQueue {
    /// Begins a run and takes the first completion. False when there is none; then nothing has begun.
    public func startPolling() -> Bool {
        runLock.acquire()
        pollLock.acquire()
        if advance() {
            emptyPolls.value = 0
            pollLock.release()
            return true
        }
        let isFruitless = countEmptyPoll()
        pollLock.release()
        runLock.release()
        letOthersRun(isFruitless: isFruitless)
        return false
    }

    /// Takes the next one. False when there is none; the run goes on until its end is told.
    public func continuePolling() -> Bool {
        pollLock.acquire()
        defer { pollLock.release() }
        return advance()
    }

    public func endPolling() { runLock.release() }

    /// The current completion's time in nanoseconds since 1970.
    public func wallClockNanoseconds() -> UInt64 {
        // The clock of the wall may be set: what counts is how far it is from the device's now.
        current.value.timestamp &+ Clock.realtimeNanoseconds() &- Clock.monotonicNanoseconds()
    }

    @inline(__always)
    private func advance() -> Bool {
        while true {
            let position = head.value
            let slot = ring.slot(position)
            guard slot.sequence.acquire() == position &+ 1 else { return false }
            let isOurs = unsafe consume(slot, current.address.pointer(to: \.completion).unsafelyUnwrapped)
            if ring.isTimestamped { current.value.timestamp = slot.timestamp.load() }
            // Given back at once: the program may post again before the run ends.
            head.value = position &+ 1
            entry.head.publish(position &+ 1)
            if isOurs { return true }
        }
    }
}
