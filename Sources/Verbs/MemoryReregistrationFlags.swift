// MemoryReregistrationFlags.swift - what a reregistration changes.
//
// C: enum ibv_rereg_mr_flags, same raw values.

/// What a reregistration changes.
@frozen
public struct MemoryReregistrationFlags: OptionSet, Sendable, Hashable {
    public let rawValue: UInt32

    @inlinable
    public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// Address and length.
    public static let translation = Self(rawValue: 1 << 0)
    public static let protectionDomain = Self(rawValue: 1 << 1)
    public static let access = Self(rawValue: 1 << 2)

    public static let known: Self = [.translation, .protectionDomain, .access]
}
