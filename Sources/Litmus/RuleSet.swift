// RuleSet.swift - rules with a name: a preset or a scenario's variant.
import KernelMemory

/// Rules with a name.
public struct RuleSet: Sendable {
    public let name: String
    public let rules: KernelRules

    public init(name: String, rules: KernelRules) {
        self.name = name
        self.rules = rules
    }

    /// Every preset.
    public static let presets = KernelPreset.all.map { RuleSet(name: $0.name, rules: $0.rules) }
}
