// RunningKernel.swift - which of the model's presets is the running kernel's.
import KernelMemory

/// The preset of a kernel by its release.
public enum RunningKernel {
    /// The last preset that is not newer than the release, and the distribution's own where there is one.
    ///
    /// A release is what uname(2) says: "6.12.117+deb12-amd64".
    public static func preset(release: String) -> KernelPreset {
        let version = numbers(release)
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

    /// The first three numbers of a version.
    private static func numbers(_ text: String) -> [Int] {
        text.split(whereSeparator: { !$0.isNumber }).prefix(3).compactMap { Int($0) }
    }

    private static func isNewer(_ version: [Int], than other: [Int]) -> Bool { other.lexicographicallyPrecedes(version) }
}
