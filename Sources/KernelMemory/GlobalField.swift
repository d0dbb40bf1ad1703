// GlobalField.swift - facts about the whole system.

/// Facts about the whole system.
public enum GlobalField: Int, CaseIterable, Sendable {
    /// 1 once a device or a kernel path used a frame after it was freed.
    case useAfterFree
    /// 1 once a counter went below zero.
    case accountingUnderflow
    /// 1 once a frame was needed and none was free: the scenario is too small for its bounds.
    case outOfFrames
    /// Areas that an address space may have (max_map_count); 0 for no limit.
    case areaLimit
    /// `ProviderLife` of the peer-to-peer provider.
    case provider
    /// 1 once the kernel wrote through a missing direct-map entry.
    case kernelFault
    /// 1 once an accepted charge on the bus left the target with nothing.
    case exhausted
    /// 1 once poisoned memory was consumed.
    case poisonConsumed
    /// 1 once a page of a file with write-back became dirty although the file system had not been told.
    case unannouncedWrite
    /// `FreedFrames`; fixed.
    case freedFrames
}
