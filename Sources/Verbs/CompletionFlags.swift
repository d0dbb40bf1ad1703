// CompletionFlags.swift - which fields of a completion carry something.
//
// C: enum ibv_wc_flags, same raw values.
// HOT: the constants are computed, not stored, so that other modules fold them instead of calling for an address.

/// Which optional fields of a completion are valid.
@frozen
public struct CompletionFlags: OptionSet, Sendable {
    public let rawValue: UInt32

    @inlinable
    public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// A global route header occupies the first 40 bytes of the receive buffer.
    @inlinable public static var globalRouteHeader: CompletionFlags { CompletionFlags(rawValue: 1 << 0) }
    @inlinable public static var withImmediate: CompletionFlags { CompletionFlags(rawValue: 1 << 1) }
    @inlinable public static var withInvalidate: CompletionFlags { CompletionFlags(rawValue: 1 << 3) }
}
