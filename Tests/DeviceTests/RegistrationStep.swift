// RegistrationStep.swift - one step of a generated life of registrations; the same for all who live it.

import Verbs

/// A registration, or the end of one.
enum RegistrationStep: Sendable {
    /// Bytes are counted from the arena's beginning. `skew` is how far the device's address is from the program's.
    case register(offset: UInt64, length: UInt64, skew: UInt64, access: AccessFlags)
    /// The end of one of those that live, by its place among them.
    case deregister(UInt64)

    /// Steps of a seed: most can be done, some break each of the rules.
    static func generated(_ count: Int, seed: UInt64) -> [RegistrationStep] {
        var numbers = SplitMixSteps(seed: seed)
        return (0..<count).map { _ in numbers.step() }
    }
}
