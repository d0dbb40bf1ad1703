// ConfinementTests.swift - the same clients where the kernel refuses processes each other's memory: the same results.
//
// VERBENA_CONFINED=all runs every pair in every confinement; else each pair in one of them, and
// those that are the same but for the link layer over one.

import Foundation
import Testing

extension Conformance {
    @Suite struct ConfinementTests {
        private static let isWhole = ProcessInfo.processInfo.environment["VERBENA_CONFINED"] == "all"

        /// Every pair, each in one confinement after the other.
        static let pairs: [ConfinedPair] = {
            let all = PingpongCases.all + PerftestCases.all + QperfCases.all
            if isWhole { return all.flatMap { pair in Confinement.allCases.map { ConfinedPair(pair: pair, server: $0, client: $0) } } }
            let chosen = all.enumerated().filter { $0.offset % 4 == 0 }.map(\.element)
            return chosen.enumerated().map { index, pair in
                let confinement = Confinement.allCases[index % Confinement.allCases.count]
                return ConfinedPair(pair: pair, server: confinement, client: confinement)
            }
        }()

        /// One side as it is, the other confined: each goes its own way.
        static let lopsided: [ConfinedPair] = PingpongCases.all.filter { $0.arguments.contains("65536") }.flatMap { pair in
            Confinement.allCases.flatMap {
                [ConfinedPair(pair: pair, server: $0, client: nil), ConfinedPair(pair: pair, server: nil, client: $0)]
            }
        }

        @Test(arguments: pairs + lopsided)
        func pair(confined: ConfinedPair) throws {
            try Conformance.check(confined.description) { try PairRun(confined).run() }
        }

        /// Peers die while their agents copy, or while they wait for another's.
        @Test(arguments: Confinement.allCases)
        func kills(confinement: Confinement) throws {
            let storm = ClientScenario(client: "storms", name: "kills", linkLayer: .ethernet)
            let client = try Workplace.shared.get().compile(storm.client)
            try Conformance.check("\(storm.description), \(confinement)") {
                let words = try confinement.prefix() + [client, storm.name] + ClientTests.options(storm.client)
                let output = try Conformance.run(words, as: .caller, environment: storm.linkLayer.environment, seconds: 600)
                #expect(output.contains("\(storm.name): holds"), "\(output)")
            }
        }

        @Test(arguments: ClientTests.scenarios.filter { $0.linkLayer == .ethernet && !$0.client.hasPrefix("storms") }, Confinement.allCases)
        func scenario(scenario: ClientScenario, confinement: Confinement) throws {
            let client = try Workplace.shared.get().compile(scenario.client)
            try Conformance.check("\(scenario.description), \(confinement)") {
                let words = try confinement.prefix() + [client, scenario.name]
                let output = try Conformance.run(words, as: .caller, environment: scenario.linkLayer.environment)
                #expect(output.contains("\(scenario.name): holds"), "\(output)")
            }
        }
    }
}
