// KernelSwitch+Silence.swift - why random programs may never depend on a switch.
//
// Owns: the reasons, for the table of `verbena litmus fuzz --teeth`. That a switch is silent is counted there, not claimed here.
import KernelMemory

extension KernelSwitch {
    /// What a program would need that those of `ProgramGenerator` have not.
    public var whyProgramsAreSilent: String {
        switch self {
        case .guardFastLookupReReads, .guardFaultRechecksEntry, .guardFaultHoldsSource, .guardForkExcludesFaults, .fastLookupChecksFork,
            .guardDeregisterWaitsForDevice, .guardInvalidateBeforeUnpin, .guardNotifierInvalidates:
            "a race inside a statement: programs run one statement after the other"
        case .guardMigrationChecksReferences, .guardMergeChecksReferences, .guardSwapChecksReferences, .pinnedStaysOutOfSwapCache,
            .swapCacheDroppedBeforeReuse:
            "migration, merging or paging out, which no statement asks for"
        case .forkCopiesPinnedHugetlb, .hugeReuseByReferenceCount, .splitEntriesStayDirty, .largeFoliosReused, .collapseTakesReadOnly, .splitFailureIsNoMemory: "huge pages"
        case .devicePrivateMemory, .deviceCoherentMemory, .longtermLeavesContiguous, .longtermLeavesMovable, .longtermRefusesDirectAccess:
            "memory of a special zone, or a DAX file"
        case .peerToPeerGate, .guardUnbindUnmaps, .guardUnbindWaits, .guardBufferMoveNotifies, .guardMprotectKeepsDriverFlags:
            "memory of a device"
        case .chargeOwner, .separatePinnedCounter, .guardChargeUndone, .guardLimitChecked, .guardPinsUndone:
            "a limit of locked memory, or a registration that another process ends"
        case .onDemandPaging, .reregistrationChecksPin, .copyOnForkReported: "a kind of region, or a question, that no host device has"
        case .readPinsUnshare, .readPinsUnshareFiles, .registrationWritesByAccess, .writableByListedFlags, .registrationUsesFastLookup,
            .longtermRefusesDirtyTracking, .guardKeyChecksAccess:
            "a registration without write access, or of a shared file: needs a verbs device"
        case .guardMprotectChecksMayWrite, .guardWriteBackProtects: "a mapping that may never become writable, or write-back"
        case .guardOwnershipFlushes, .guardBusTestsRemainder: "part of a proposal"
        default: isProposal ? "a proposal: no statement that a kernel knows asks for it" : "no program came to it"
        }
    }
}
