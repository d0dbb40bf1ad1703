// QueuePairCreationFlags.swift - what a program asks of a queue pair beyond its type and sizes.
//
// Spec: ibv_create_qp_ex(3).   C: enum ibv_qp_create_flags, same raw values.

/// Options of a queue pair, given when it is made.
@frozen
public struct QueuePairCreationFlags: OptionSet, Sendable {
    public let rawValue: UInt32

    @inlinable
    public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// A queue pair that is in a group gets no copy of what it sends to the group itself.
    public static let blocksOwnMulticast = QueuePairCreationFlags(rawValue: 1 << 1)

    /// Checksum offload, scattered frame checks, VLAN tags and source queue pairs are options of raw packets, which no
    /// device here has.
    /// - Throws: EOPNOTSUPP for any other flag.
    public func check() throws(VerbsErrno) {
        guard isSubset(of: .blocksOwnMulticast) else { throw .notSupported }
    }
}
