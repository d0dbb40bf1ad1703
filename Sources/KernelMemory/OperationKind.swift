// OperationKind.swift - what an operation does.

/// What an operation does. Each is carried out in the steps between which a real kernel can be interrupted.
public enum OperationKind: Int, CaseIterable, Sendable {
    // Processor.
    case read, write
    // Address space.
    case fork, exit, map, unmap, protect, remap, lock, unlock
    case adviseDontNeed, adviseDontFork, adviseDoFork, adviseWipeOnFork, adviseRemove, advisePageOut, adviseCollapse
    case clearSoftDirty
    // Holders.
    case register, reregister, deregister, pin, unpin, passDescriptor, closeDescriptor, bindWindow, invalidateWindow
    // Devices.
    case deviceRead, deviceWrite, resetQueue
    // The kernel's own work.
    case swapOut, migrate, mergeSame, truncate, hint, writeBack, reclaimFile
    // Devices with memory.
    case migrateToDevice, migrateToSystem, unbindProvider, memoryFailure, bufferMove, bufferRevoke
    // Exclusive ownership.
    case kernelMap, kernelUnmap, kernelUse, kernelFlush, kernelAlias, kernelAliasFreed, kernelTemporaryUse
    // Message bus.
    case busSend, busRequest, busReply, busReceive, busRelease, busDestroy, busDrop, busDisconnect
    // Scenario control.
    case await, awaitMark, mark, failIf
}
