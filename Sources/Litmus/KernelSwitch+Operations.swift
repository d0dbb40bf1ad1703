// KernelSwitch+Operations.swift - the operations without which a switch cannot matter.
//
// Owns: the table. It spares the matrix of mutations, and the comparison with real kernels, what is known before; a test explores some of them all the same.
// Does not: claim that a switch matters where such an operation is.
import KernelMemory

extension KernelSwitch {
    /// False if no state that the program can reach depends on the switch.
    public func concerns(_ program: Program) -> Bool {
        guard let needed = neededOperations else { return true }
        return program.parts.contains { $0.operations.contains { needed.contains($0.kind) } }
    }

    /// Nil where the switch may matter to any program.
    private var neededOperations: Set<OperationKind>? {
        switch self {
        case .busHalfRule, .busOverReservingRule, .busUserCountRule, .busRequestPaysReply, .busSenderPays, .guardBusTestsRemainder,
            .guardBusChargeUndone, .guardBusNeedsHandle, .guardBusEnqueueRechecks, .guardBusDropsDischarge, .guardBusReceivesOneByOne,
            .guardBusNotificationReserved, .guardBusNotifiesHolders, .guardBusLateHandleIsDead:
            [.busSend, .busRequest, .busReply, .busReceive, .busRelease, .busDestroy, .busDrop, .busDisconnect]
        case .exclusiveOwnershipV1, .exclusiveOwnershipV3, .exclusiveOwnershipV6, .exclusiveOwnershipV9, .guardOwnershipRechecksCount,
            .guardOwnershipFlushes, .guardOwnershipClearsFreed, .guardOwnershipTemporaryUnmapsOwn:
            [.kernelMap, .kernelUnmap, .kernelUse, .kernelFlush, .kernelAlias, .kernelAliasFreed, .kernelTemporaryUse]
        case .guardCollapseFlushesFirst, .guardCollapseChecksReferences, .collapseTakesShared: [.adviseCollapse]
        case .softDirty, .softDirtySparesPinned: [.clearSoftDirty]
        case .guardWindowsKeepRegion: [.bindWindow]
        case .guardUnbindUnmaps, .guardUnbindWaits: [.unbindProvider]
        case .guardWriteBackProtects: [.writeBack]
        case .guardMergeChecksReferences: [.mergeSame]
        case .guardSwapChecksReferences, .pinnedStaysOutOfSwapCache: [.swapOut, .advisePageOut]
        case .guardBufferMoveNotifies, .guardBufferFenceWaited: [.bufferMove]
        case .guardForkExcludesFaults, .forkCopiesPinned, .forkCopiesPinnedHugetlb, .hugetlbCopiesWritable, .childAreasStandAlone, .fastLookupChecksFork: [.fork]
        case .reregistrationChecksPin: [.reregister]
        case .removeByMayWrite: [.adviseRemove]
        case .untouchedLosesAccount: [.protect]
        case .mergeTakesUntouched: [.protect, .adviseDontFork, .adviseDoFork, .adviseWipeOnFork, .lock, .unlock, .remap]
        default: nil
        }
    }
}
