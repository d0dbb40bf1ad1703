// HostFailure.swift - why a scenario could not be run on this machine at all.

/// What keeps scenarios from being run here: the machine, not the scenario.
public struct HostFailure: Error, CustomStringConvertible {
    public let description: String
    /// The machine lacks something that only some scenarios need.
    let isLack: Bool

    init(description: String, isLack: Bool = false) {
        self.description = description
        self.isLack = isLack
    }
}
