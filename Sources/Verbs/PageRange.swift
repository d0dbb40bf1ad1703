// PageRange.swift - pages in a row.

/// Pages in a row.
@frozen
public struct PageRange: Hashable, Sendable {
    public let first: PageNumber
    /// Pages.
    public let count: UInt64

    /// - Precondition: the end fits in 64 bits.
    @inlinable
    public init(first: PageNumber, count: UInt64) {
        precondition(!first.rawValue.addingReportingOverflow(count).overflow, "pages beyond the address space")
        self.first = first
        self.count = count
    }

    /// From the first page up to, but not including, the end.
    @inlinable
    public init(_ first: PageNumber, to end: PageNumber) {
        self.init(first: first, count: end.rawValue - first.rawValue)
    }

    /// The page after the last.
    @inlinable
    public var end: PageNumber { PageNumber(rawValue: first.rawValue + count) }

    @inlinable
    public var isEmpty: Bool { count == 0 }
}
