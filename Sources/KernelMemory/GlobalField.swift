// GlobalField.swift - facts about the whole system.

/// Facts about the whole system.
public enum GlobalField: Int, CaseIterable, Sendable {
    /// 1 once a device or a kernel path used a frame after it was freed.
    case useAfterFree
    /// 1 once a counter went below zero.
    case accountingUnderflow
    /// 1 once a frame was needed and none was free: the scenario is too small for its bounds.
    case outOfFrames
    /// 1 once a device touched, through a key, a frame that the key's owner no longer maps and that is another's now.
    case foreignFrame
    /// `ProviderLife` of the peer-to-peer provider.
    case provider
    /// 1 once the kernel wrote through a missing direct-map entry.
    case kernelFault
    /// 1 once an accepted charge on the bus left the target with nothing.
    case exhausted
    /// 1 once poisoned memory was consumed.
    case poisonConsumed
}
