// CompletionFlags.swift - which fields of a completion carry something.
//
// C: enum ibv_wc_flags, same raw values.

/// Which optional fields of a completion are valid.
@frozen
public struct CompletionFlags: OptionSet, Sendable {
    public let rawValue: UInt32

    @inlinable
    public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// A global route header occupies the first 40 bytes of the receive buffer.
    public static let globalRouteHeader = CompletionFlags(rawValue: 1 << 0)
    public static let withImmediate = CompletionFlags(rawValue: 1 << 1)
    public static let withInvalidate = CompletionFlags(rawValue: 1 << 3)
}
