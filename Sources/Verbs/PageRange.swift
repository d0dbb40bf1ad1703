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

    /// From the first page up to, but not including, the end; empty where the end is before it.
    @inlinable
    public init(_ first: PageNumber, upTo end: PageNumber) {
        self.init(first: first, count: end < first ? 0 : end.rawValue - first.rawValue)
    }

    /// The pages that are in both; nil if there are none.
    public func intersection(_ other: PageRange) -> PageRange? {
        let common = PageRange(max(first, other.first), upTo: min(end, other.end))
        return common.isEmpty ? nil : common
    }

    /// The pages that are not in the other, in order.
    public func remainder(without other: PageRange) -> [PageRange] {
        guard let common = intersection(other) else { return isEmpty ? [] : [self] }
        return [PageRange(first, to: common.first), PageRange(common.end, to: end)].filter { !$0.isEmpty }
    }

    /// The pages that lie to a place as these lie to a start.
    public func shifted(from start: PageNumber, to place: PageNumber) -> PageRange {
        PageRange(first: PageNumber(rawValue: first.rawValue &- start.rawValue &+ place.rawValue), count: count)
    }
}
