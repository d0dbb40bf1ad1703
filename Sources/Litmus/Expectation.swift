// Expectation.swift - what a scenario claims, of which kernels.

/// What a scenario claims of its final states, or of every state, under some rule sets.
public struct Expectation: Sendable {
    /// How often the predicate holds.
    public enum Frequency: String, Sendable, CaseIterable {
        case always
        case sometimes
        case never
    }

    public let frequency: Frequency
    /// Asked in every state, not in the final ones only.
    public let throughout: Bool
    public let predicate: Predicate
    /// The predicate as written.
    public let text: String
    /// Names of rule sets that the claim is about: presets and the scenario's variants.
    public let ruleSets: [String]
    public let line: Int
}
