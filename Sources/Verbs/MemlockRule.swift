// MemlockRule.swift - which counter a registration is charged to.

/// Which counter a registration is charged to.
public enum MemlockRule: Sendable, CaseIterable {
    /// Linux up to 3.1: the counter of mlock. A page both locked and registered counts twice against one limit.
    case sharedWithLocked
    /// Linux since 3.2: a counter of its own. Each of the two is compared with the whole limit.
    case pinnedApart
}
