// CompletionFields.swift - what a program wants to read of each completion of an extended queue.
//
// Owns: which fields the device can tell. Spec: ibv_create_cq_ex(3).   C: enum ibv_create_cq_wc_flags, same raw values.

/// Fields of a completion that an extended queue is made for.
@frozen
public struct CompletionFields: OptionSet, Sendable {
    public let rawValue: UInt64

    @inlinable
    public init(rawValue: UInt64) { self.rawValue = rawValue }

    /// Byte count, immediate data, queue pair, source queue pair, source LID, service level, path bits: what a plain
    /// completion has too.
    public static let standard = CompletionFields(rawValue: 0x7f)
    /// When the request completed, in ticks of the device's clock.
    public static let timestamp = CompletionFields(rawValue: 1 << 7)
    /// The same, in nanoseconds since 1970.
    public static let wallClockTimestamp = CompletionFields(rawValue: 1 << 11)

    /// Not served: VLAN tags (raw packets), flow tags (flow steering), tag matching.
    public static let served: CompletionFields = [.standard, .timestamp, .wallClockTimestamp]

    /// Whether completions must carry the time.
    public var needTimestamp: Bool { !isDisjoint(with: [.timestamp, .wallClockTimestamp]) }

    /// - Throws: EOPNOTSUPP for a field that the device cannot tell.
    public func check() throws(VerbsErrno) {
        guard isSubset(of: .served) else { throw .notSupported }
    }
}
