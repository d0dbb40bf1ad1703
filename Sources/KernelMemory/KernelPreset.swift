// KernelPreset.swift - the named eras.
//
// Owns: which switches were on in which kernel. Does not: speak of proposals, which no kernel has; say what single builds of kernels
// do (`KernelPreset+Measured`).
// An era is the first kernel with its rules. Distribution kernels mix rules of several eras, so two of them have presets of their own.

/// One named kernel.
public struct KernelPreset: Sendable {
    /// "2.6.12", "5.19", "6.1-debian".
    public let name: String
    public let rules: KernelRules
    /// What this kernel brought.
    public let novelty: String

    /// Every preset, oldest first; two presets can be compared by their place.
    public static let all: [KernelPreset] = {
        var presets: [KernelPreset] = []
        var rules = KernelRules()
        for era in eras {
            for rule in era.off { rules = rules.without(rule) }
            for rule in era.on { rules = rules.with(rule) }
            presets.append(KernelPreset(name: era.name, rules: rules, novelty: era.novelty))
        }
        return presets
    }()

    public static func named(_ name: String) -> KernelPreset? { all.first { $0.name == name } ?? measured.first { $0.name == name } }

    private struct Era {
        let name: String
        let on: [KernelSwitch]
        var off: [KernelSwitch] = []
        let novelty: String
    }

    private static let eras: [Era] = [
        Era(name: "2.6.12", on: [], novelty: "any reference beyond the mapping forces a copy; no MADV_DONTFORK"),
        Era(name: "2.6.13", on: [.reuseByMapCount], novelty: "reuse decided by mappings alone; uverbs enters the kernel"),
        Era(name: "2.6.16", on: [.madviseDontFork], novelty: "MADV_DONTFORK"),
        Era(
            name: "3.2", on: [.separatePinnedCounter, .childAreasStandAlone],
            novelty: "pinned_vm beside locked_vm; an anon_vma for each area of a child"),
        Era(
            name: "3.19", on: [.writableByListedFlags, .onDemandPaging, .hugeZeroPage, .softDirty],
            novelty: "writable by listed rights; on-demand regions; soft-dirty bits"),
        Era(
            name: "4.15",
            on: [
                .splitFailureIsNoMemory, .wipeOnFork, .devicePrivateMemory, .longtermRefusesDirectAccess, .mprotectPopulatesLocked,
            ],
            novelty: "longterm lookups refuse DAX files; wipe-on-fork; device-private memory"),
        Era(name: "5.1", on: [.chargeOwner, .longtermLeavesContiguous], novelty: "atomic charge to the owner; pins leave CMA"),
        Era(name: "5.7", on: [.pinCounting], novelty: "pins are counted apart from references"),
        Era(
            name: "5.8", on: [.lookupBreaksSharing, .collapseTakesShared],
            novelty: "every lookup in a private writable area breaks sharing; shared pages can be collapsed"),
        Era(
            name: "5.9", on: [.reuseByReferenceCount, .forkCopiesPinned], off: [.lookupBreaksSharing],
            novelty: "reuse needs the only reference; fork copies pinned pages"),
        Era(
            name: "5.11", on: [
                .fastLookupChecksFork, .pinnedStaysOutOfSwapCache, .registrationUsesFastLookup, .fixedBuffersChargeFolioOnce,
                .softDirtySparesPinned,
            ],
            novelty: "the race of fast lookups with fork closed; pinned pages stay out of the swap cache, and soft-dirty"),
        Era(name: "5.12", on: [.forkCopiesPinnedHugetlb, .hugetlbCopiesWritable], novelty: "fork copies pinned hugetlb pages"),
        Era(
            name: "5.13", on: [.longtermLeavesMovable, .copyOnForkReported],
            novelty: "pins leave the movable zone; user space can ask about copy on fork"),
        Era(
            name: "5.18", on: [.swapCacheDroppedBeforeReuse, .hugeReuseByReferenceCount, .deviceIdleCountZero],
            novelty: "swap cache dropped before the reuse decision; huge pages by reference count too"),
        Era(name: "5.19", on: [.exclusiveFlag, .readPinsUnshare], novelty: "the exclusive flag decides; read pins unshare"),
        Era(
            name: "6.0", on: [.forceNeedsExclusive, .mprotectMapsExclusiveWritable, .deviceCoherentMemory],
            novelty: "forced writes need exclusive pages; device-coherent memory"),
        Era(
            name: "6.1-debian", on: [.zeroPageNotPinned, .forceLeavesHugetlb],
            novelty: "6.1.192: no hugetlb page is written by force; the zero page is not pinned (back-ported from 6.5)"),
        Era(
            name: "6.2", on: [.splitEntriesStayDirty, .readPinsUnshareFiles, .registrationWritesByAccess, .peerToPeerGate],
            off: [.zeroPageNotPinned],
            novelty: "read pins of file and zero pages unshare; registration writes only if asked to; peer-to-peer gate"),
        Era(
            name: "6.5", on: [.longtermRefusesDirtyTracking, .zeroPageNotPinned, .fixedBuffersTakeFiles, .untouchedLosesAccount],
            off: [.splitFailureIsNoMemory],
            novelty: "no longterm write pins of files that track dirty pages"),
        Era(
            name: "6.12-debian", on: [.reregistrationChecksPin, .removeByMayWrite],
            novelty: "6.12.117: new rights for a region are checked against its pin (back-ported from 2026)"),
        Era(
            name: "6.18", on: [.directAccessIdleCountZero, .largeFoliosReused, .collapseTakesReadOnly, .hugeZeroReplacedWhole, .mergeTakesUntouched],
            off: [.reregistrationChecksPin, .hugetlbCopiesWritable],
            novelty: "pages of DAX files counted as others, large ones of one process reused (6.15); the check of re-registration came after"),
    ]
}
