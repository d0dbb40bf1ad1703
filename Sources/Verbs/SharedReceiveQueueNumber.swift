// SharedReceiveQueueNumber.swift - how a sender names a shared receive queue of another process.
//
// Spec: IBA vol 1, annex A14 (XRCSRQ in the XRCETH).   C: ibv_get_srq_num(3), remote_srqn.

/// A shared receive queue number: 24 bits, unique on the fabric.
@frozen
public struct SharedReceiveQueueNumber: RawRepresentable, Equatable, Hashable, Sendable {
    public let rawValue: UInt32

    @inlinable
    public init(rawValue: UInt32) { self.rawValue = rawValue }
}
