// GeneratedRegistrationTests.swift - one life of registrations, lived by a naive reference, by rules and ledger, and by the live device.

import Testing
import Verbs

@Suite struct GeneratedRegistrationTests {
    @Test(arguments: UInt64(1)...8)
    func allAgreeAfterEachStep(seed: UInt64) throws {
        let steps = RegistrationStep.generated(250, seed: seed)
        var naive = NaiveRegistrations()
        let expected = naive.live(steps)
        var ledger = LedgerRegistrations()
        Self.compare(ledger.live(steps), expected, steps)
        var device = try LiveRegistrations()
        Self.compare(device.live(steps), expected, steps)
        // Every rule was met; nil stands for success. Nothing is left at the end.
        let outcomes: Set<VerbsErrno?> = [nil, .invalidArgument, .notSupported, .badAddress]
        #expect(Set(expected.map(\.outcome)) == outcomes)
        #expect(expected.contains { $0.holds.contains { $0 > 1 } })
        #expect(expected.last?.charged == 0)
    }

    /// Names the first step after which something else is to be seen.
    private static func compare(_ seen: [RegistrationMoment], _ expected: [RegistrationMoment], _ steps: [RegistrationStep]) {
        guard let place = expected.indices.first(where: { seen[$0] != expected[$0] }) else { return }
        let step = place < steps.count ? "\(steps[place])" : "the end"
        Issue.record("step \(place), \(step): \(seen[place]), expected \(expected[place])")
    }
}
