// CompletionQueue+Moderation.swift - events after so many completions, or so much time.
//
// Owns: the way of an event from a producer through the agent to the program. Does not: decide when (ModerationRules).
// The agent looks once for each completion that it counts, so that a wait ends with the right one; between producers and
// polling programs nothing changes.
// Locking: the queue's `EventModeration`.

import Fabric
import Platform
import Verbs

extension CompletionQueue {
    /// Holds events back from now on.
    /// - Parameters:
    ///   - count: completions; 0 and 1 do not hold back by count.
    ///   - periodMicroseconds: after the first of them; 0 does not raise by time.
    public func moderate(count: UInt16, periodMicroseconds: UInt16) {
        let rules = ModerationRules(count: UInt32(count), period: UInt64(periodMicroseconds) * 1000)
        guard channel != nil else { return }
        let wasOn = moderation.isOn.load(ordering: .acquiring)
        moderation.withState { $0.rules = rules }
        if !wasOn { beginModeration() }
        // What was held by the old rules may be due by the new ones.
        process.member.wakeAgent(at: 0)
    }

    private func beginModeration() {
        moderation.withState { state in
            state.consumed = entry.eventsRaised.acquire()
            moderation.due.store(state.consumed, ordering: .relaxed)
            let armed = entry.armed.load()
            state.isArmed = armed != 0
            if armed != 0 { state.request = (armed, entry.tail.load()) }
            moderation.isOn.store(true, ordering: .releasing)
        }
        entry.channelDescriptor.exchange(process.member.bellName.rawValue)
        process.moderated.insert(self)
    }

    /// Asks for one event of a moderated queue.
    @inline(never)
    func requestModerated(_ wanted: UInt32) {
        moderation.withState { state in
            notice(&state)
            let wanted = max(wanted, state.request?.wanted ?? 0)
            state.request = (wanted, state.request?.tail ?? entry.tail.load())
            arm(&state, wanted)
        }
    }

    /// The agent: raises what is due. When to look again, if time alone can make something due.
    func raiseWhatIsDue(now: UInt64) -> UInt64? {
        moderation.withState { state in
            notice(&state)
            if state.request != nil { return decide(&state, now: now) }
            // Raised by a producer who began before the queue was moderated.
            let raised = entry.eventsRaised.acquire()
            if Int32(bitPattern: raised &- state.consumed) > 0 {
                state.consumed = raised
                letThrough()
            }
            return nil
        }
    }

    /// Sees whether a producer has disarmed the queue.
    private func notice(_ state: inout EventModeration.State) {
        guard state.isArmed, entry.armed.load() == 0 else { return }
        state.isArmed = false
        state.isPending = true
        state.consumed &+= 1
    }

    private func arm(_ state: inout EventModeration.State, _ wanted: UInt32) {
        if entry.armed.exchange(wanted) == 0, state.isArmed {
            state.isPending = true
            state.consumed &+= 1
        }
        state.isArmed = true
    }

    private func decide(_ state: inout EventModeration.State, now: UInt64) -> UInt64? {
        while let request = state.request, state.isPending || state.first != nil {
            let completions = entry.tail.load() &- request.tail
            let first = state.first ?? now
            guard case .hold(let due) = state.rules.judge(completions: completions, first: first, now: now) else {
                endRequest(&state)
                letThrough()
                return nil
            }
            state.first = first
            state.isPending = false
            // The next completion wakes us again; one that came before we armed did not.
            if !state.isArmed { arm(&state, request.wanted) }
            if entry.tail.load() &- request.tail == completions { return due }
        }
        return nil
    }

    private func endRequest(_ state: inout EventModeration.State) {
        if state.isArmed, entry.armed.exchange(0) == 0 { state.consumed &+= 1 }
        state.isArmed = false
        state.isPending = false
        (state.request, state.first) = (nil, nil)
    }

    private func letThrough() {
        moderation.due.wrappingAdd(1, ordering: .releasing)
        signal()
    }
}
