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
            guard let bytes = Self.bytes(argument) else { return nil }
            self = .bytes(bytes)
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

    /// A number with an optional K, M or G; nil if it is none, or too large.
    private static func bytes(_ text: String) -> UInt64? {
        let units: [Character: UInt64] = ["K": 1 << 10, "M": 1 << 20, "G": 1 << 30]
        let unit = text.last.flatMap { units[Character($0.uppercased())] }
        let digits = unit == nil ? Substring(text) : text.dropLast()
        guard digits.allSatisfy(\.isASCII), digits.first != "+", let number = UInt64(digits) else { return nil }
        let (bytes, overflow) = number.multipliedReportingOverflow(by: unit ?? 1)
        return overflow ? nil : bytes
    }
}
