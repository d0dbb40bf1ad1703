// HarnessTests.swift - the checks of this suite are shown able to fail.

import Testing

extension Conformance {
    @Suite struct HarnessTests {
        @Test func pingpongOutputIsJudged() {
            let good = "  local address\n8192000 bytes in 0.01 seconds\n500 iters in 0.01 seconds = 10 usec/iter\n"
            #expect(Expectation.pingpong(iterations: 500).complaints(about: good) == [])
            #expect(Expectation.pingpong(iterations: 501).complaints(about: good).count == 1)
        }

        @Test func perftestTablesAreJudged() {
            let good = " #bytes #iterations    t_min[usec]\n 2       200          0.5\n 4       200          0.5\n"
            #expect(Expectation.perftest(sizes: [2, 4], iterations: 200).complaints(about: good) == [])
            #expect(Expectation.perftest(sizes: [2, 4, 8], iterations: 200).complaints(about: good).count == 1)
            #expect(Expectation.perftest(sizes: [2], iterations: 201).complaints(about: good).count == 1)
        }

        @Test func qperfResultsAreJudged() {
            let good = "rc_lat:\n    latency  =  1.2 us\nrc_bw:\nquit:\n"
            #expect(Expectation.qperf(tests: ["rc_lat"]).complaints(about: good) == [])
            #expect(Expectation.qperf(tests: ["rc_bw", "uc_bw"]).complaints(about: good).count == 2)
        }

        @Test func badWordsAreFound() {
            #expect(Expectation.badLines("all well\nFailed to modify QP to RTR\n Completion with Error\n").count == 2)
            #expect(Expectation.badLines(" 2  200  0.5\n").isEmpty)
        }

        @Test func endingsAreToldApart() throws {
            let folder = try Workplace.shared.get().folder
            func end(_ script: String, seconds: Double = 30) throws -> ChildProcess.Ending? {
                try ChildProcess(["sh", "-c", script], environment: ["PATH": "/bin"], output: folder).wait(seconds: seconds)
            }
            #expect(try end("exit 0") == .exited(0))
            #expect(try end("exit 3") == .exited(3))
            #expect(try end("kill -9 $$") == .signalled(9))
            #expect(try end("exec sleep 600", seconds: 0.05) == nil)
            #expect(throws: ChildProcess.StartFailure.self) {
                try ChildProcess(["no-such-program-anywhere"], environment: ["PATH": "/bin"], output: folder)
            }
        }

        @Test func aStuckProgramIsDescribed() throws {
            let folder = try Workplace.shared.get().folder
            let stuck = try ChildProcess(["sh", "-c", "sleep 600; true"], environment: ["PATH": "/bin"], output: folder)
            #expect(stuck.wait(seconds: 0.1) == nil)
            #expect(stuck.lastSeen.contains("(sh) S") && stuck.lastSeen.contains("(sleep) S"), "\(stuck.lastSeen)")
        }

        @Test func aListeningPortIsSeen() {
            #expect(!ListeningPort().isListening)
        }

        @Test func skipsNameCasesThatExist() {
            let pairs = (PingpongCases.all + PerftestCases.all + QperfCases.all).map(\.description)
            #expect(Set(pairs).count == pairs.count)
            let known = Set(pairs + ClientTests.scenarios.map(\.description))
            #expect(Set(Skips.reasons.keys).subtracting(known) == [])
            #expect(Skips.parse("# comment\na case | a reason | more\n") == ["a case": "a reason | more"])
        }
    }
}
