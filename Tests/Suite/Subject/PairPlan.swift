// PairPlan.swift - what a queue pair is made of.

/// What a queue pair is made of; what is not given is ordinary.
struct PairPlan {
    var kind: Kind
    var sends: UInt32 = 16
    var receives: UInt32 = 16
    var sendElements: UInt32 = 4
    var receiveElements: UInt32 = 4
    var inlineBytes: UInt32 = 64
    var signalsAll = false
    var shared: SharedQueue?
    /// For the receiving half of an extended connection, which needs nothing else.
    var extended: ExtendedDomain?
    var interface = Interface.plain
    /// enum ibv_qp_create_flags, for the extended interface.
    var flags: UInt32 = 0

    init(_ kind: Kind) { self.kind = kind }
}
