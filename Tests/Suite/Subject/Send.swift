// Send.swift - one request for a send queue.

struct Send {
    var id: UInt64 = 1
    var opcode: UInt32
    var flags: UInt32 = SendFlag.signaled
    var elements: [Element] = []
    /// What num_sge says, where it shall differ from the list.
    var elementCount: Int32?
    var immediate: UInt32 = 0
    var remoteAddress: UInt64 = 0
    var remoteKey: UInt32 = 0
    var compareAdd: UInt64 = 0
    var swap: UInt64 = 0
    var datagram: Destination?
    /// The shared receive queue that a request of an extended connection names.
    var sharedQueue: UInt32?

    init(_ opcode: Opcode, id: UInt64 = 1, _ elements: [Element] = []) {
        self.id = id
        self.opcode = opcode.rawValue
        self.elements = elements
    }

    /// Where a datagram goes.
    struct Destination {
        let handle: Handle
        let pair: UInt32
        let key: UInt32
    }
}
