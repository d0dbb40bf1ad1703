// RegistrationMoment.swift - what is to be seen after a step of a life of registrations.

import Verbs

/// What is to be seen after a step.
struct RegistrationMoment: Equatable {
    let outcome: VerbsErrno?
    let holds: [Int]
    let charged: UInt64
}
