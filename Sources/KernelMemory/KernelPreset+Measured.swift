// KernelPreset+Measured.swift - kernels that were asked, by their exact versions.
//
// Owns: where a build differs from the era it belongs to. `scripts/kernels` plays the catalogue and random programs on each of them
// beside these rules; docs/KERNELS.md has what came of it.

extension KernelPreset {
    /// Kernels that the model has been compared with, oldest first. The catalogue's claims speak of eras, not of these.
    public static let measured: [KernelPreset] = [
        KernelPreset("5.10.223", of: "5.9", "Debian 11; pinned pages stay out of the swap cache", on: [.pinnedStaysOutOfSwapCache, .fixedBuffersChargeFolioOnce, .softDirtySparesPinned]),
        KernelPreset("6.1.192", of: "6.1-debian", "Debian 12; MADV_REMOVE as in later kernels (back-ported)", on: [.removeByMayWrite]),
        KernelPreset("6.12.117", of: "6.12-debian", "Debian 12's backports, and the same source built with the memory test devices"),
        KernelPreset("6.18.44", of: "6.18", "a cloud provider's build"),
        KernelPreset("7.2.13", of: "6.18", "Debian unstable; fixed buffers of the privileged count nowhere; no DOFORK of hugetlb", on: [.fixedBuffersSparePrivileged, .doForkLeavesHugetlb]),
    ]

    /// The preset of exactly this version; nil if that kernel was never asked.
    public static func measured(version: [Int]) -> KernelPreset? {
        named("linux-" + version.map(String.init).joined(separator: "."))
    }

    private init(_ version: String, of era: String, _ novelty: String, on: [KernelSwitch] = [], off: [KernelSwitch] = []) {
        var rules = KernelPreset.all.first { $0.name == era }!.rules
        for rule in on { rules = rules.with(rule) }
        for rule in off { rules = rules.without(rule) }
        self.init(name: "linux-\(version)", rules: rules, novelty: "\(novelty) (as \(era))")
    }
}
