// Exchange.swift - one request between two queue pairs, and everything that is laid down about it beforehand.

/// One request between two queue pairs; what is not given is ordinary.
struct Exchange {
    var target: TargetPlan
    var opcode: Opcode
    var length = 64
    /// Of the initiator.
    var interface = Interface.plain
    var inline = false
    /// The local buffers: spread over so many pieces.
    var pieces = 1
    var localAccess: Access = .localWrite
    var localKey: KeyPlan = .good
    /// The local buffer ends beyond its region.
    var isLocalOutside = false
    /// Where in the target's memory, which has no bytes before 0 and after its end.
    var remoteOffset: Int = 0
    /// An address of its own instead.
    var remoteAddress: UInt64?
    var compareMatches = true
    /// Of a datagram; nil: the target's.
    var queueKey: UInt32?
    /// Of the initiating queue pair itself.
    var ownQueueKey: UInt32 = 0x1111_1111
    var isHandleOfOtherDomain = false
    /// Of a datagram: a number that no queue pair has.
    var isPairUnknown = false

    init(_ kind: Kind, _ opcode: Opcode) {
        target = TargetPlan(kind)
        self.opcode = opcode
        if opcode.movesWord { length = 8 }
        if opcode.takesReceive { target.receives = [TargetPlan.Receive()] }
    }

    var kind: Kind { target.kind }
}
