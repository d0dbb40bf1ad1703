// KernelSwitch.swift - every rule that differs between kernels, every proposal, and every guard that can be removed.
//
// Owns: the names. Does not: say which kernel has which (`KernelRules+Presets`), nor where each comes from (`KernelSwitch+Source`).

/// One rule that a kernel has or has not.
public enum KernelSwitch: Int, CaseIterable, Sendable {
    // What kernels changed, oldest first.
    case reuseByMapCount
    case madviseDontFork
    case childAreasStandAlone
    case separatePinnedCounter
    case writableByListedFlags
    case onDemandPaging
    case softDirty
    case hugeZeroPage
    case splitFailureIsNoMemory
    case mprotectPopulatesLocked
    case wipeOnFork
    case devicePrivateMemory
    case longtermRefusesDirectAccess
    case chargeOwner
    case longtermLeavesContiguous
    case pinCounting
    case lookupBreaksSharing
    case collapseTakesShared
    case reuseByReferenceCount
    case forkCopiesPinned
    case registrationUsesFastLookup
    case fastLookupChecksFork
    case softDirtySparesPinned
    case fixedBuffersChargeFolioOnce
    case pinnedStaysOutOfSwapCache
    case forkCopiesPinnedHugetlb
    case hugetlbCopiesWritable
    case longtermLeavesMovable
    case copyOnForkReported
    case swapCacheDroppedBeforeReuse
    case hugeReuseByReferenceCount
    case deviceIdleCountZero
    case exclusiveFlag
    case readPinsUnshare
    case forceNeedsExclusive
    case mprotectMapsExclusiveWritable
    case deviceCoherentMemory
    case forceLeavesHugetlb
    case readPinsUnshareFiles
    case registrationWritesByAccess
    case peerToPeerGate
    case longtermRefusesDirtyTracking
    case zeroPageNotPinned
    case fixedBuffersTakeFiles
    case removeByMayWrite
    case hugeZeroReplacedWhole
    case directAccessIdleCountZero
    case splitEntriesStayDirty
    case largeFoliosReused
    case collapseTakesReadOnly
    case reregistrationChecksPin
    case fixedBuffersSparePrivileged
    case doForkLeavesHugetlb
    case untouchedLosesAccount
    case mergeTakesUntouched

    // Proposals that were never merged.
    case protDontCopy
    case mapDontCopy
    case copyOnForkByLookup
    case userSpaceCounts
    case registration2013AsSent
    case registration2013AsCorrected
    case registrationByFirstArea
    case lookupFollowsArea
    case giftFlag
    case driverPinsForWrite
    case coherentDeviceNodes
    case exclusiveOwnershipV1
    case exclusiveOwnershipV3
    case exclusiveOwnershipV6
    case exclusiveOwnershipV9
    case busHalfRule
    case busOverReservingRule
    case busUserCountRule
    case busRequestPaysReply
    case busSenderPays
    case longtermPeerToPeer
    case kernfsWithoutMakeWritable

    // Guards: on in every kernel; removing one is a mutation.
    case guardFastLookupReReads
    case guardLookupTakesReference
    case guardFaultRechecksEntry
    case guardFaultHoldsSource
    case guardForkExcludesFaults
    case guardDeregisterWaitsForDevice
    case guardInvalidateBeforeUnpin
    case guardChargeUndone
    case guardLimitChecked
    case guardBusTestsRemainder
    case guardBusChargeUndone
    case guardBusNeedsHandle
    case guardBusEnqueueRechecks
    case guardBusDropsDischarge
    case guardBusReceivesOneByOne
    case guardBusNotificationReserved
    case guardBusNotifiesHolders
    case guardBusLateHandleIsDead
    case guardWriteNeedsRight
    case guardPinsUndone
    case guardMigrationChecksReferences
    case guardReuseTakesPageLock
    case guardMergeChecksReferences
    case guardSwapChecksReferences
    case guardNotifierInvalidates
    case guardUnbindUnmaps
    case guardUnbindWaits
    case guardMprotectChecksMayWrite
    case guardMprotectKeepsDriverFlags
    case guardKeyChecksAccess
    case guardBufferMoveNotifies
    case guardBufferWaitsForDevice
    case guardBufferFenceWaited
    case guardWindowsKeepRegion
    case guardOwnershipRechecksCount
    case guardOwnershipFlushes
    case guardOwnershipClearsFreed
    case guardOwnershipTemporaryUnmapsOwn
    case guardCollapseFlushesFirst
    case guardCollapseChecksReferences
    case guardWriteBackProtects

    /// True for a guard, which every kernel has.
    public var isGuard: Bool { rawValue >= KernelSwitch.guardFastLookupReReads.rawValue }

    /// True for a proposal, which no kernel has.
    public var isProposal: Bool { rawValue >= KernelSwitch.protDontCopy.rawValue && !isGuard }

    /// The name in scenarios and tables: words joined by hyphens.
    public var name: String {
        var name = ""
        for character in "\(self)" {
            if character.isUppercase || (character.isNumber && !(name.last?.isNumber ?? true) && name.last != "v") {
                name += "-"
            }
            name += character.lowercased()
        }
        return name
    }

    /// The switch with this name.
    public static func named(_ name: String) -> KernelSwitch? { allCases.first { $0.name == name } }
}
