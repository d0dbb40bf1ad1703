// ScatterGatherElement.swift - one piece of local memory named by a work request.
//
// Spec: IBA vol 1, 10.8.1.   C: struct ibv_sge, same layout (16 bytes).

/// One piece of local memory: `length` bytes at `address`, in the region that `localKey` names.
@frozen
public struct ScatterGatherElement: Equatable, Sendable {
    public var address: UInt64
    /// Bytes.
    public var length: UInt32
    public var localKey: MemoryKey

    @inlinable
    public init(address: UInt64, length: UInt32, localKey: MemoryKey) {
        self.address = address
        self.length = length
        self.localKey = localKey
    }
}
