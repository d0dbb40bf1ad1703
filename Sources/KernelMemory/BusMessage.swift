// BusMessage.swift - one message of the bus, as a send describes it and a queue keeps it.

/// One message.
struct BusMessage {
    let sender: Int
    let isRequest: Bool
    /// The requester paid for this reply when it sent its request.
    let isPaidReply: Bool
    /// It carries a handle that its receiver is charged for while the message is in flight.
    let carriesHandle: Bool
    let bytes: Int
    let descriptors: Int

    /// The sender's cell in the queue.
    var code: Int { sender + 1 + (isRequest ? 16 : 0) + (isPaidReply ? 32 : 0) + (carriesHandle ? 64 : 0) }

    init(operation: Operation, isPaidReply: Bool) {
        sender = operation.page.index
        isRequest = operation.kind == .busRequest
        self.isPaidReply = isPaidReply
        carriesHandle = operation.flags.contains(.passesHandle)
        bytes = operation.second
        descriptors = Int(operation.descriptors)
    }

    init(code: Int, bytes: Int, descriptors: Int) {
        sender = (code - 1) & 15
        isRequest = code & 16 != 0
        isPaidReply = code & 32 != 0
        carriesHandle = code & 64 != 0
        self.bytes = bytes
        self.descriptors = descriptors
    }

    /// What it takes of a resource.
    func amount(_ resource: BusResource) -> Int {
        switch resource {
        case .slices: 1
        case .handles: carriesHandle ? 1 : 0
        case .bytes: bytes
        case .descriptors: descriptors
        }
    }
}
