// SendOperations.swift - the operations that a queue pair's extended send interface is made for.
//
// Owns: which of them each transport has. Spec: the table of ibv_wr_post(3).
// C: enum ibv_qp_create_send_ops_flags, same raw values: the bit of an operation is 1 << its raw value, but for atomic write.

/// Operations that may be built between start and complete.
@frozen
public struct SendOperations: OptionSet, Sendable {
    public let rawValue: UInt64

    @inlinable
    public init(rawValue: UInt64) { self.rawValue = rawValue }

    @inlinable
    public init(_ opcode: SendOpcode) { rawValue = opcode == .atomicWrite ? 1 << 12 : 1 << UInt64(opcode.rawValue) }

    /// Every operation that a type of queue pair has. Segmentation offload (raw packets) is an operation of no
    /// type here.
    public static func served(by type: QueuePairType) -> SendOperations {
        SendOpcode.allCases.filter { PostingRules.allows($0, on: type) }
            .reduce(into: []) { $0.formUnion(SendOperations($1)) }
    }

    /// Checks what a creation asks for.
    /// - Throws: EOPNOTSUPP for an operation that the type does not have.
    public func check(for type: QueuePairType) throws(VerbsErrno) {
        guard isSubset(of: .served(by: type)) else { throw .notSupported }
    }
}
