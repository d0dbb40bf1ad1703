// MemlockOption.swift - the values of --memlock.
import ArgumentParser

/// Whose limit on pinned memory registrations obey.
enum MemlockOption: Equatable, ExpressibleByArgument {
    case kernel
    case unlimited
    case bytes(UInt64)

    init?(argument: String) {
        switch argument {
        case "kernel": self = .kernel
        case "unlimited": self = .unlimited
        default:
            guard let count = ByteCount(argument: argument) else { return nil }
            self = .bytes(count.bytes)
        }
    }

    /// What VERBENA_MEMLOCK says.
    var environmentValue: String {
        switch self {
        case .kernel: "kernel"
        case .unlimited: "unlimited"
        case .bytes(let count): String(count)
        }
    }
}
