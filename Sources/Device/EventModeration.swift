// EventModeration.swift - what holds the events of a completion queue back.
//
// Owns: what the program asked for, what has been counted since, and how many events were let through. The events of a
// moderated queue go to this process's agent, who raises those that are due.
// C: ibv_modify_cq(3).
// Locking: `lock`, taken by the agent, by programs that ask for an event, and by nobody who posts or polls.

import Fabric
import Synchronization
import Verbs

/// The moderation of one completion queue.
final class EventModeration: @unchecked Sendable {
    /// Once on, events always take the way through the agent, who also raises what is not held back.
    let isOn = Atomic<Bool>(false)
    /// Events let through, in the numbering of the queue's `eventsRaised`.
    let due = Atomic<UInt32>(0)

    struct State {
        var rules = ModerationRules()
        /// What the program asked for last, and how far the queue was then.
        var request: (wanted: UInt32, tail: UInt32)?
        /// The queue is armed, unless a producer has disarmed it meanwhile.
        var isArmed = false
        /// A producer has disarmed it since the request, and nothing was decided yet.
        var isPending = false
        /// When the first completion since the request was noticed.
        var first: UInt64?
        /// How often producers have disarmed the queue, in the numbering of its `eventsRaised`, which follows.
        var consumed: UInt32 = 0
    }

    private let lock = PrivateLock()
    private let state = LockedState(State())

    func withState<Result>(_ body: (inout State) -> Result) -> Result { lock.withLock { body(&state.value) } }
}
