// SplitMixSteps.swift - makes steps of registrations from a seed.

import TestSupport
import Verbs

/// Makes steps.
struct SplitMixSteps {
    private var numbers: SplitMix
    private static let rights: [AccessFlags] = [
        [], .localWrite, .remoteRead, [.localWrite, .remoteWrite], [.localWrite, .remoteWrite, .remoteRead, .remoteAtomic],
        [.localWrite, .memoryWindowBind], .memoryWindowBind, [.remoteRead, .optionalRange],
        // Refused: remote changes without the local right, an unknown bit, flushing.
        .remoteWrite, .remoteAtomic, AccessFlags(rawValue: 1 << 19), AccessFlags(rawValue: 1 << 8),
    ]

    init(seed: UInt64) { numbers = SplitMix(seed: seed) }

    mutating func step() -> RegistrationStep {
        if pick(3) == 0 { return .deregister(numbers.next()) }
        let bytes = UInt64(RegistrationArena.pageCount) * RegistrationArena.pageBytes
        let offset = pick(4) == 0 ? pick(UInt64(RegistrationArena.pageCount)) * RegistrationArena.pageBytes : pick(bytes)
        let length = pick(12) == 0 ? 0 : 1 + pick(min(bytes - offset, 6 * RegistrationArena.pageBytes))
        return .register(
            offset: offset, length: length, skew: [0, 0, 0, 0, 4096, 100][Int(pick(6))], access: Self.rights[Int(pick(UInt64(Self.rights.count)))])
    }

    private mutating func pick(_ bound: UInt64) -> UInt64 { numbers.next() % bound }
}
