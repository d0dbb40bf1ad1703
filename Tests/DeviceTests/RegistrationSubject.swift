// RegistrationSubject.swift - whoever lives the steps: the naive reference, the rules with the ledger, the live device.

import Verbs

/// Whoever lives the steps.
protocol RegistrationSubject {
    /// The error, or nil where it is registered.
    mutating func register(offset: UInt64, length: UInt64, skew: UInt64, access: AccessFlags) -> VerbsErrno?
    /// Ends one of those that live, by its place in the order of registration.
    mutating func deregister(_ place: Int)
    /// Registrations that live.
    var count: Int { get }
    /// By page of the arena: how many registrations hold it.
    var holds: [Int] { get }
    /// Pages charged for all of them.
    var charged: UInt64 { get }
}

extension RegistrationSubject {
    /// What is to be seen after each step, and after the end of all that still live then.
    mutating func live(_ steps: [RegistrationStep]) -> [RegistrationMoment] {
        var moments = steps.map { step in
            var outcome: VerbsErrno?
            switch step {
            case .register(let offset, let length, let skew, let access):
                outcome = register(offset: offset, length: length, skew: skew, access: access)
            case .deregister(let choice):
                if count > 0 { deregister(Int(choice % UInt64(count))) }
            }
            return RegistrationMoment(outcome: outcome, holds: holds, charged: charged)
        }
        while count > 0 { deregister(0) }
        moments.append(RegistrationMoment(outcome: nil, holds: holds, charged: charged))
        return moments
    }
}
