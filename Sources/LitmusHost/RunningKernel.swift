// RunningKernel.swift - which of the model's presets is the running kernel's.
import KernelMemory

/// The preset of a kernel by its release.
public enum RunningKernel {
    /// The preset of exactly this kernel; otherwise the last one that is not newer, and the distribution's own where there is one.
    ///
    /// Release and build are what uname(2) says: "6.1.0-56-amd64" and "#1 SMP PREEMPT_DYNAMIC Debian 6.1.192-2 (2026-07-26)". Debian's
    /// stable kernels tell their version in the build alone.
    public static func preset(release: String, build: String) -> KernelPreset {
        let version = Self.version(release: release, build: build)
        if let exact = KernelPreset.measured(version: version) { return exact }
        let isDebian = release.contains("deb") || release.hasSuffix("-amd64")
        var found = KernelPreset.all[0]
        for preset in KernelPreset.all {
            let parts = preset.name.split(separator: "-")
            let own = numbers(String(parts[0]))
            if parts.count > 1, !isDebian || own != Array(version.prefix(own.count)) { continue }
            if !isNewer(own, than: version) { found = preset }
        }
        return found
    }

    /// The numbers of a kernel's version: 6, 1, 192.
    public static func version(release: String, build: String) -> [Int] {
        let words = build.split(separator: " ")
        guard let place = words.firstIndex(of: "Debian"), place + 1 < words.count else { return numbers(release) }
        let stated = numbers(String(words[place + 1]))
        return stated.count == 3 ? stated : numbers(release)
    }

    /// The first three numbers of a version.
    private static func numbers(_ text: String) -> [Int] {
        text.split(whereSeparator: { !$0.isNumber }).prefix(3).compactMap { Int($0) }
    }

    private static func isNewer(_ version: [Int], than other: [Int]) -> Bool { other.lexicographicallyPrecedes(version) }
}
