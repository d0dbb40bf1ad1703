// TargetPlan.swift - how the target of an exchange is set up.

/// How the target of an exchange is set up; what is not given is ordinary.
struct TargetPlan: Codable {
    var kind: Kind
    var pairAccess: Access = .all
    var regionAccess: Access = .all
    var key: KeyPlan = .good
    var state: State = .readyToSend
    var queueKey: UInt32 = 0x1111_1111
    /// max_dest_rd_atomic.
    var responderResources: UInt8 = 4
    var receives: [Receive] = []
    var usesShared = false
    /// Of its completion queue.
    var entries: Int32 = 64
    /// Destroyed after the initiator connected to it.
    var isGone = false

    init(_ kind: Kind) { self.kind = kind }

    /// One posted receive: a piece of memory of its own.
    struct Receive: Codable {
        var length = KeyedMemory.bytes
        var access: Access = .localWrite
        var key: KeyPlan = .good
        /// Spread over so many pieces of equal length.
        var pieces = 1
        /// Beyond the end of its region.
        var isOutside = false
    }
}
