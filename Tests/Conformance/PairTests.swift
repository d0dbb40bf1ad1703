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
            // A user who may not pin so much is refused, as by any device; the pair cannot run.
            try #require(user.mayPin(pair.pinned), "raise the memlock limit to \(pair.pinned >> 20) MiB: ulimit -l")
            try Conformance.check(pair.description) { try PairRun(pair, as: user).run() }
        }

        @Test(arguments: User.available)
        func severalPairsAtOnce(user: User) throws {
            let chosen = PingpongCases.all.filter { $0.linkLayer == .ethernet && !$0.arguments.contains("65536") }
            let runs = chosen.map { PairRun($0, as: user) }
            for run in runs { try run.startServer() }
            for run in runs { try run.startClient() }
            for run in runs { run.finish() }
        }
    }
}
