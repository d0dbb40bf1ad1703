// RegionAccess.swift - what a holder may do.

/// What a holder may do.
public struct RegionAccess: OptionSet, Sendable {
    public let rawValue: Int

    @inline(__always)
    public init(rawValue: Int) { self.rawValue = rawValue }

    public static var localWrite: RegionAccess { RegionAccess(rawValue: 1) }
    public static var remoteWrite: RegionAccess { RegionAccess(rawValue: 2) }
    public static var remoteRead: RegionAccess { RegionAccess(rawValue: 4) }
    /// The umem was pinned for write.
    public static var pinnedForWrite: RegionAccess { RegionAccess(rawValue: 8) }
    /// NON_COHERENT/GIFT (2013 proposal): the owner gives up later writes.
    public static var gift: RegionAccess { RegionAccess(rawValue: 16) }
    /// A fixed buffer of its process's second ring.
    public static var secondRing: RegionAccess { RegionAccess(rawValue: 32) }
    /// Windows may be bound to the region.
    public static var windowBind: RegionAccess { RegionAccess(rawValue: 64) }
}
