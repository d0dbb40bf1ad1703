// FrameTests.swift - where the device holds frames, everything else is as it was: the same programs, the same results.

import Testing

extension Conformance {
    @Suite struct FrameTests {
        /// By frame nothing is lost when a program unmaps what it registered, what is pinned is not shared, and nothing is
        /// locked beside or gets stale: these expect that it is.
        private static let onlyByAddress: Set<String> = [
            "lost-receive-buffer", "lost-receive-buffer-plain-handler", "lost-write-target",
            "frames-stay-shared", "frames-stay-absent",
        ]

        static let scenarios = ClientTests.scenarios.filter {
            $0.client == "statuses" && $0.linkLayer == .ethernet && !onlyByAddress.contains($0.name) && !$0.name.hasPrefix("locks-") && !$0.name.hasPrefix("stale-")
        }

        @Test(arguments: scenarios)
        func scenario(scenario: ClientScenario) throws {
            let client = try Workplace.shared.get().compile(scenario.client)
            try Conformance.check("\(scenario.description), by frame") {
                let output = try Conformance.run(
                    [client, scenario.name], as: .caller,
                    environment: scenario.linkLayer.environment.merging(["VERBENA_DMA": "frame"]) { $1 })
                #expect(output.contains("\(scenario.name): holds"), "\(output)")
            }
        }

        /// Each program once: those that differ in a size or in how they wait move their bytes in the same ways.
        static let pairs = (PingpongCases.all + PerftestCases.all).filter { $0.linkLayer == .ethernet }.enumerated()
            .filter { $0.offset % 6 == 0 }.map(\.element)

        @Test(arguments: pairs)
        func pair(pair: PairCase) throws {
            var held = pair
            held.environment["VERBENA_DMA"] = "frame"
            try Conformance.check("\(pair.description), by frame") { try PairRun(held, as: .caller).run() }
        }
    }
}
