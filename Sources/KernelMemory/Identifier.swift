// Identifier.swift - numbers that name things of the modelled kernel, one type per kind of thing.
//
// Owns: the phantom-typed index. Does not: check against `Bounds` (the state's cells do).

/// The number of one thing of kind `Kind`. Two kinds never mix.
@frozen
public struct Identifier<Kind>: Hashable, Sendable, Comparable {
    public let index: Int

    @inlinable
    public init(_ index: Int) { self.index = index }

    @inlinable
    public static func < (lhs: Self, rhs: Self) -> Bool { lhs.index < rhs.index }
}
