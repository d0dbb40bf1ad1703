// GroupTests.swift - how much memory registrations need, by the kernel's own account: 24 MiB registered and read, or sent page
// by page, within a limit of 12 MiB.

import Testing

extension Conformance {
    /// Wants a memory cgroup, which root can make where the controller is there; elsewhere these are reported as skipped.
    @Suite(.enabled(if: MemoryGroup.obstacle == nil, Comment(rawValue: MemoryGroup.obstacle ?? "")))
    struct GroupTests {
        struct Case: Sendable, CustomStringConvertible {
            let scenario: String
            let environment: [String: String]
            let fits: Bool

            var description: String { "\(scenario) \(environment)\(fits ? " fits" : " does not fit")" }
        }

        private static let limit = 12 << 20
        private static let byFrame = ["VERBENA_DMA": "frame"]
        private static let locked = ["VERBENA_PIN": "mlock"]

        static let cases =
            ["group-shared", "group-untouched"].flatMap {
                [
                    Case(scenario: $0, environment: [:], fits: true), Case(scenario: $0, environment: locked, fits: false),
                    Case(scenario: $0, environment: byFrame, fits: false),
                ]
            } + [
                Case(scenario: "group-gifts", environment: byFrame, fits: true),
                Case(scenario: "group-plain", environment: byFrame, fits: false),
                Case(scenario: "group-plain", environment: [:], fits: true),
            ]

        @Test(arguments: cases) func asRoot(_ play: Case) throws { try run(play, as: .caller) }

        /// Without the right to lock so much, what does not fit is refused before it can fail.
        @Test(arguments: cases.filter(\.fits)) func asNobody(_ play: Case) throws { try run(play, as: .nobody) }

        private func run(_ play: Case, as user: User) throws {
            let place = try Workplace.shared.get()
            let client = try place.compile("statuses")
            let group = try MemoryGroup(limit: Self.limit)
            group.openToAll()
            let own = ["VERBENA_TEST_GROUP": group.processes, "VERBENA_MEMLOCK": "unlimited"]
            let process = try place.start([client, play.scenario], as: user, environment: play.environment.merging(own) { $1 })
            let ending = process.wait(seconds: 60)
            if play.fits {
                #expect(ending == .exited(0) && group.killCount == 0, "as \(user): \(play)\n\(process.output)")
                #expect(process.output.contains("\(play.scenario): holds"))
            } else {
                #expect(ending == .exited(1) && group.killCount == 1, "as \(user): \(play)\n\(process.output)")
            }
        }
    }
}
