// WaitUntil.swift - waits for what another process or thread will do.
import Platform
import Testing

/// Waits up to a minute for `condition`, and fails the test if it does not come true.
func waitUntil(_ condition: () -> Bool) throws {
    let end = Clock.monotonicNanoseconds() + 60_000_000_000
    while !condition() {
        try #require(Clock.monotonicNanoseconds() < end, "it never came true")
        Clock.sleep(nanoseconds: 1_000_000)
    }
}
