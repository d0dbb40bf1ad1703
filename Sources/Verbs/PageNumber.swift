// PageNumber.swift - an address divided by the page size.

/// An address divided by the page size.
@frozen
public struct PageNumber: RawRepresentable, Hashable, Sendable, Comparable {
    public let rawValue: UInt64

    @inlinable
    public init(rawValue: UInt64) { self.rawValue = rawValue }

    @inlinable
    public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}
