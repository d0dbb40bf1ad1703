// BusMessage.swift - one message of the bus, as a send describes it and a queue keeps it; a notification is one as well.

/// One message, or the notification that a node has ended.
struct BusMessage {
    /// Who sent it; of a notification, the node that ended.
    let sender: Int
    /// Nobody sent it and nobody pays for it: it says that a node has ended.
    let isNotification: Bool
    let isRequest: Bool
    /// The requester paid for this reply when it sent its request.
    let isPaidReply: Bool
    /// It carries a handle that its receiver is charged for while the message is in flight.
    let carriesHandle: Bool
    let bytes: Int
    let descriptors: Int

    /// The sender's cell in the queue.
    var code: Int { sender + 1 + (isRequest ? 16 : 0) + (isPaidReply ? 32 : 0) + (carriesHandle ? 64 : 0) + (isNotification ? 128 : 0) }

    init(operation: Operation, isPaidReply: Bool) {
        sender = operation.page.index
        isNotification = false
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
        isNotification = code & 128 != 0
        self.bytes = bytes
        self.descriptors = descriptors
    }

    init(notificationOf node: Int) { self.init(code: 128 + node + 1, bytes: 0, descriptors: 0) }

    /// What it takes of a resource.
    func amount(_ resource: BusResource) -> Int {
        if isNotification { return 0 }
        return switch resource {
        case .slices: 1
        case .handles: carriesHandle ? 1 : 0
        case .bytes: bytes
        case .descriptors: descriptors
        }
    }
}
