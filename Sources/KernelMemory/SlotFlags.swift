// SlotFlags.swift - bits of one page of one holder.

/// Bits of one page of one holder.
public struct SlotFlags: OptionSet, Sendable {
    public let rawValue: Int

    @inline(__always)
    public init(rawValue: Int) { self.rawValue = rawValue }

    /// The holder counts as a pin (FOLL_PIN).
    public static var pinned: SlotFlags { SlotFlags(rawValue: 1) }
    /// The holder counts as a plain reference (FOLL_GET).
    public static var referenced: SlotFlags { SlotFlags(rawValue: 2) }
    /// The frame was freed while this slot named it.
    public static var stale: SlotFlags { SlotFlags(rawValue: 4) }
}
