// ExclusiveOwnership.swift - the bits that exclusive page frame ownership keeps per frame.
//
// Owns: the encoding. Counterpart: struct xpfo of the 2016 proposals (never merged).

/// Exclusive page frame ownership of one frame.
public struct ExclusiveOwnership: OptionSet, Sendable {
    public let rawValue: Int

    public init(rawValue: Int) { self.rawValue = rawValue }

    /// Allocated for user space.
    public static let user = ExclusiveOwnership(rawValue: 1)
    /// Absent from the kernel's direct map.
    public static let unmapped = ExclusiveOwnership(rawValue: 2)
    /// The processor may still hold a translation of the direct map's entry.
    public static let cachedTranslation = ExclusiveOwnership(rawValue: 4)
}
