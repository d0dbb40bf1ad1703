// SendRequest.swift - a send work request as it is posted.
//
// Owns: nothing: the elements and the address handle are the caller's until the post returns.
// C: struct ibv_send_wr, without its list pointer.

import Verbs

/// A send work request.
@frozen @safe
public struct SendRequest {
    public var workRequestID: UInt64
    public var elements: UnsafePointer<ScatterGatherElement>?
    public var elementCount: Int32
    /// Raw value of a `SendOpcode`, unchecked.
    public var opcode: UInt32
    public var flags: SendFlags
    /// Network byte order.
    public var immediate: UInt32 = 0
    public var remoteAddress: UInt64 = 0
    public var remoteKey = MemoryKey(rawValue: 0)
    public var compareAdd: UInt64 = 0
    public var swap: UInt64 = 0
    /// UD only.
    public var addressHandle: Unmanaged<AddressHandle>?
    public var remoteQueuePair = QueuePairNumber(rawValue: 0)
    public var remoteQueueKey: UInt32 = 0
    /// Extended connections only.
    public var remoteSharedReceiveQueue = SharedReceiveQueueNumber(rawValue: 0)

    @inlinable
    public init(
        workRequestID: UInt64, elements: UnsafePointer<ScatterGatherElement>?, elementCount: Int32, opcode: UInt32,
        flags: SendFlags
    ) {
        self.workRequestID = workRequestID
        unsafe self.elements = elements
        self.elementCount = elementCount
        self.opcode = opcode
        self.flags = flags
    }
    /// Nil for an opcode that no header defines.
    @inlinable
    public var knownOpcode: SendOpcode? { UInt8(exactly: opcode).flatMap { SendOpcode(rawValue: $0) } }
}
