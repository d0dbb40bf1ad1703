// PairTests.swift - unmodified pairs from Debian's packages move real bytes over the device.

import Testing

extension Conformance {
    @Suite struct PairTests {
        @Test(arguments: PingpongCases.all, User.available)
        func pingpong(pair: PairCase, user: User) throws { try Self.check(pair, user) }

        @Test(arguments: PerftestCases.all, User.available)
        func perftest(pair: PairCase, user: User) throws { try Self.check(pair, user) }

        @Test(arguments: QperfCases.all, User.available)
        func qperf(pair: PairCase, user: User) throws { try Self.check(pair, user) }

        private static func check(_ pair: PairCase, _ user: User) throws {
            var freed = pair
            // Messages of 8 MiB need more than the usual limit of 8 MiB, and a device that keeps it refuses them.
            if !user.mayPin(pair.pinned) { freed.environment["VERBENA_MEMLOCK"] = "unlimited" }
            try Conformance.check(pair.description) { try PairRun(freed, as: user).run() }
        }

        @Test(arguments: User.available)
        func severalPairsAtOnce(user: User) throws {
            // Those that sleep between messages: many that poll would only wait for each other's turn on two cores.
            let chosen = PingpongCases.all.filter { $0.arguments.contains("-e") }
            let runs = chosen.map { PairRun($0, as: user) }
            for run in runs { try run.startServer() }
            for run in runs { try run.startClient() }
            for run in runs { run.finish() }
        }
    }
}
