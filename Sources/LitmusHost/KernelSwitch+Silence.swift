// KernelSwitch+Silence.swift - why random programs on this machine do not give a switch away.
//
// Owns: the reasons, for the table of `verbena litmus fuzz --teeth`. That a switch is silent is counted there, not claimed here.
import KernelMemory

extension KernelSwitch {
    /// What a program would need that those of `ProgramGenerator` on this machine have not; for switches that no program of these ran
    /// otherwise, and for those that made a difference which could not be seen.
    /// - Parameter ranOtherwise: the model ran some programs otherwise.
    public func whyProgramsAreSilent(_ device: HostDevice, _ memory: HostMemory, ranOtherwise: Bool) -> String {
        if let need = neededMemory, !memory.isSuperset(of: need.kind) { return need.reason }
        if device != .verbs, needsVerbs { return "a registration without write access: needs a verbs device" }
        if device == .verbs, needsRings { return "io_uring's fixed buffers, which this device has none of" }
        if isProposal { return proposalReason }
        return reason ?? (ranOtherwise ? "nothing that shows in these programs" : "no program came to it")
    }

    private var neededMemory: (kind: HostMemory, reason: String)? {
        switch self {
        case .pinnedStaysOutOfSwapCache, .swapCacheDroppedBeforeReuse, .guardSwapChecksReferences: (.swap, "paging out: this machine has no swap space")
        case .guardMigrationChecksReferences: (.nodes, "pages that move: this machine has one NUMA node")
        case .forkCopiesPinnedHugetlb, .hugetlbCopiesWritable: (.hugetlb, "hugetlb pages, of which this machine has none free (vm.nr_hugepages)")
        case .collapseTakesShared, .collapseTakesReadOnly, .guardCollapseChecksReferences, .childAreasStandAlone:
            (.collapse, "MADV_COLLAPSE, which came with Linux 6.1")
        case .hugeReuseByReferenceCount, .splitEntriesStayDirty, .largeFoliosReused, .fixedBuffersChargeFolioOnce, .hugeZeroPage,
            .hugeZeroReplacedWhole:
            (.huge, "transparent huge pages where they are asked for (transparent_hugepage/enabled: madvise)")
        case .peerToPeerGate: (.controller, "peer-to-peer memory: no controller was named that lends it (--controller)")
        default: nil
        }
    }

    private var needsVerbs: Bool {
        [
            .readPinsUnshare, .readPinsUnshareFiles, .registrationWritesByAccess, .writableByListedFlags, .guardKeyChecksAccess, .zeroPageNotPinned,
            .driverPinsForWrite, .registration2013AsSent, .registration2013AsCorrected, .registrationByFirstArea, .lookupFollowsArea,
            .separatePinnedCounter, .chargeOwner, .guardChargeUndone, .forceLeavesHugetlb,
        ].contains(self)
    }

    private var needsRings: Bool { [.fixedBuffersTakeFiles, .fixedBuffersSparePrivileged, .fixedBuffersChargeFolioOnce].contains(self) }

    private var reason: String? {
        switch self {
        case .guardFastLookupReReads, .guardFaultRechecksEntry, .guardFaultHoldsSource, .guardForkExcludesFaults, .fastLookupChecksFork,
            .guardDeregisterWaitsForDevice, .guardInvalidateBeforeUnpin, .guardNotifierInvalidates, .guardReuseTakesPageLock,
            .guardCollapseFlushesFirst, .registrationUsesFastLookup, .chargeOwner:
            "a race inside a statement: programs run one statement after the other"
        case .splitFailureIsNoMemory: "a limit of areas: a real kernel's is far above what a program maps"
        case .devicePrivateMemory, .deviceCoherentMemory, .deviceIdleCountZero, .longtermLeavesContiguous, .longtermLeavesMovable,
            .longtermRefusesDirectAccess, .directAccessIdleCountZero:
            "memory of a special zone or of a device, or a DAX file"
        case .guardUnbindUnmaps, .guardUnbindWaits: "the unbinding of a driver, which takes a program too long"
        case .guardMprotectKeepsDriverFlags: "part of a proposal: PROT_DONTCOPY"
        case .guardBufferMoveNotifies, .guardBufferFenceWaited, .guardBufferWaitsForDevice: "a dma-buf"
        case .forceNeedsExclusive, .forceLeavesHugetlb:
            "a forced lookup of a page that the process may not write, which a ring never makes and a region only in kernels before 6.2"
        case .onDemandPaging, .reregistrationChecksPin, .copyOnForkReported, .guardWindowsKeepRegion:
            "a kind of region, a window or a question that no host device has"
        case .guardMprotectChecksMayWrite: "a mapping that may never become writable"
        case .guardWriteBackProtects: "write-back"
        case .guardMergeChecksReferences: "merging of equal pages"
        case .reuseByMapCount, .reuseByReferenceCount, .hugeReuseByReferenceCount, .swapCacheDroppedBeforeReuse:
            "a rule that a later one took the place of in this kernel (exclusive-flag)"
        case .mprotectMapsExclusiveWritable, .softDirtySparesPinned, .splitEntriesStayDirty: "nothing but a fault less, which no process sees"
        default: isBusGuard ? "part of a proposal: the message bus, exclusive ownership" : nil
        }
    }

    private var isBusGuard: Bool { name.hasPrefix("guard-bus") || name.hasPrefix("guard-ownership") }

    private var proposalReason: String {
        switch self {
        case .exclusiveOwnershipV1, .exclusiveOwnershipV3, .exclusiveOwnershipV6, .exclusiveOwnershipV9:
            "a proposal that changes the kernel's own mappings alone, which no process sees"
        default: "a proposal: no statement that a kernel knows asks for it"
        }
    }
}
