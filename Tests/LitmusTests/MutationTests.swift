// MutationTests.swift - what the matrix of mutations leaves out makes no difference.
import Foundation
import KernelMemory
import Testing

@testable import Litmus

struct MutationTests {
    private func scenario(_ name: String) throws -> Scenario? {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let path = root.appendingPathComponent("litmus/\(name).litmus")
        return try ScenarioParser.parse(String(contentsOf: path, encoding: .utf8), file: name)
    }

    /// A switch that needs an operation which the program has not changes neither the states nor the claims.
    @Test(arguments: ["bus/told-though-full", "fork/parent-writes-first", "cow/pageout", "p2p/short-lookup", "guards/collapse-checks"])
    func `switches that cannot concern a program change nothing in it`(name: String) throws {
        let scenario = try #require(try scenario(name))
        var left = 0
        for preset in ["2.6.13", "5.9", "6.18"] {
            let rules = try #require(KernelPreset.named(preset)).rules
            let plain = Explorer.explore(scenario, rules)
            for rule in KernelSwitch.allCases where !rule.concerns(scenario.program) {
                let flipped = Explorer.explore(scenario, rules.flipping(rule))
                #expect(flipped.states == plain.states && flipped.transitions == plain.transitions, "\(rule) under \(preset)")
                #expect(flipped.findings.map(\.frequency) == plain.findings.map(\.frequency), "\(rule) under \(preset)")
                left += 1
            }
        }
        #expect(left > 0)
    }
}
