// Patience.swift - how to wait for something that another core does within a microsecond, or never.
//
// Owns: the escalation from spinning over yielding to sleeping. Does not: know what is waited for.

import Platform
import Synchronization

/// Waiting that begins as a spin and ends as sleeps of a millisecond.
struct Patience {
    private var rounds: UInt32 = 0
    /// Whether every pause is short and the last: for tests that make others wait by the thousand.
    static let isShort = Atomic<Bool>(false)

    /// Pauses once. True about every ten milliseconds of sleeping: time to ask whether waiting still makes sense.
    mutating func pause() -> Bool {
        rounds &+= 1
        if Self.isShort.load(ordering: .relaxed) { return rounds.isMultiple(of: 2) }
        if rounds < 200 {
            Clock.relax()
        } else if rounds < 260 {
            Clock.yield()
        } else {
            Clock.sleep(nanoseconds: rounds < 300 ? 50_000 : 1_000_000)
            return rounds.isMultiple(of: 10)
        }
        return false
    }
}
