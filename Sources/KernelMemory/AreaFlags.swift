// AreaFlags.swift - bits of one VMA, kept per page.

/// Bits of one VMA, kept per page.
public struct AreaFlags: OptionSet, Sendable {
    public let rawValue: Int

    @inline(__always)
    public init(rawValue: Int) { self.rawValue = rawValue }

    public static var read: AreaFlags { AreaFlags(rawValue: 1) }
    public static var write: AreaFlags { AreaFlags(rawValue: 2) }
    /// VM_MAYWRITE: mprotect may add write.
    public static var mayWrite: AreaFlags { AreaFlags(rawValue: 4) }
    /// VM_DONTCOPY.
    public static var dontCopy: AreaFlags { AreaFlags(rawValue: 8) }
    public static var wipeOnFork: AreaFlags { AreaFlags(rawValue: 16) }
    public static var locked: AreaFlags { AreaFlags(rawValue: 32) }
    /// VM_COPYONFORK, as get_user_pages would have set it (2005 proposal).
    public static var copyOnFork: AreaFlags { AreaFlags(rawValue: 64) }
    /// VM_ACCOUNT: private memory that could be written once, and counts as promised (Committed_AS).
    public static var accounted: AreaFlags { AreaFlags(rawValue: 128) }
}
