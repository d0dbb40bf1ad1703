// KernelRulesTests.swift - switches, presets and their names.
import Testing

@testable import KernelMemory

struct KernelRulesTests {
    @Test func `every switch has a name of its own, a meaning and a source`() {
        #expect(Set(KernelSwitch.allCases.map(\.name)).count == KernelSwitch.allCases.count)
        for rule in KernelSwitch.allCases {
            #expect(KernelSwitch.named(rule.name) == rule)
            #expect(!rule.provenance.meaning.isEmpty && !rule.provenance.source.isEmpty, "\(rule.name)")
        }
    }

    @Test func `no preset has a proposal, every preset has every guard`() {
        for preset in KernelPreset.all {
            for rule in KernelSwitch.allCases where rule.isProposal { #expect(!preset.rules.has(rule)) }
            for rule in KernelSwitch.allCases where rule.isGuard { #expect(preset.rules.has(rule)) }
        }
    }

    @Test func `every switch of kernels is on in some preset and off in another`() {
        for rule in KernelSwitch.allCases where !rule.isProposal && !rule.isGuard {
            let presets = KernelPreset.all + KernelPreset.measured
            #expect(presets.contains { $0.rules.has(rule) }, "\(rule.name)")
            #expect(presets.contains { !$0.rules.has(rule) }, "\(rule.name)")
        }
    }

    @Test func `flipping twice changes nothing`() {
        let rules = KernelPreset.all[3].rules
        for rule in KernelSwitch.allCases {
            #expect(rules.flipping(rule) != rules)
            #expect(rules.flipping(rule).flipping(rule) == rules)
        }
    }
}
