// PageSize.swift - the size of a base page.
//
// Owns: rounding. Passed in by whoever knows the machine: the pure modules do not ask it.

/// The size of a base page, a power of two.
@frozen
public struct PageSize: Equatable, Sendable {
    /// Bytes are 2^shift.
    public let shift: UInt8

    /// - Precondition: 0 < shift < 64.
    @inlinable
    public init(shift: UInt8) {
        precondition(shift > 0 && shift < 64, "not a page size")
        self.shift = shift
    }

    public static let base4K = PageSize(shift: 12)

    @inlinable
    public var bytes: UInt64 { 1 << UInt64(shift) }

    /// Distance of an address from the start of its page.
    @inlinable
    public func offset(of address: UInt64) -> UInt64 { address & (bytes - 1) }

    /// The page that an address is on.
    @inlinable
    public func page(of address: UInt64) -> PageNumber { PageNumber(rawValue: address >> UInt64(shift)) }

    /// The pages that a range of bytes touches; an empty range within a page counts that page, at a page's start none.
    /// nil when the range's end, or that end rounded up, does not fit in 64 bits.
    public func pages(address: UInt64, length: UInt64) -> PageRange? {
        let (end, endOverflow) = address.addingReportingOverflow(length)
        let (roundedEnd, roundingOverflow) = end.addingReportingOverflow(bytes - 1)
        guard !endOverflow, !roundingOverflow else { return nil }
        let first = page(of: address)
        return PageRange(first: first, count: (roundedEnd >> UInt64(shift)) - first.rawValue)
    }
}
