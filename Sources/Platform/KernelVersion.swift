// KernelVersion.swift - the first two numbers of a kernel's release. Counterpart: uname(2).

/// The version of a Linux kernel.
public struct KernelVersion: Equatable, Sendable, Comparable {
    public let major: Int
    public let minor: Int

    public init(_ major: Int, _ minor: Int) {
        self.major = major
        self.minor = minor
    }

    /// From a release: "5.10.0-32-amd64" is 5.10.
    public init(release: String) {
        let numbers = release.split(whereSeparator: { !$0.isNumber }).compactMap { Int($0) }
        self.init(numbers.first ?? 0, numbers.dropFirst().first ?? 0)
    }

    public static var running: KernelVersion { KernelVersion(release: Host.kernelRelease) }

    public static func < (left: Self, right: Self) -> Bool { (left.major, left.minor) < (right.major, right.minor) }
}
