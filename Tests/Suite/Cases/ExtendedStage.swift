// ExtendedStage.swift - an extended connection: a sending half, a receiving half, and a shared receive queue that it names.

import CVerbs

/// A sending half connected to a receiving half, whose domain has a shared receive queue.
final class ExtendedStage {
    let bench: Bench
    let domain: Domain
    let extended: ExtendedDomain
    let sent: Queue
    let received: Queue
    let shared: SharedQueue
    let region: Region
    let initiator: Pair
    let target: Pair

    init(_ bench: Bench, interface: Interface = .plain) throws {
        self.bench = bench
        domain = try bench.domain()
        extended = try bench.extendedDomain()
        sent = try bench.queue()
        received = try bench.queue()
        shared = try bench.keep(SharedQueue(domain, extended: extended, completions: received, requests: 16))
        region = try bench.region(domain)
        var plan = PairPlan(.extendedInitiator)
        plan.interface = interface
        initiator = try bench.pair(domain, sent, nil, plan)
        plan = PairPlan(.extendedTarget)
        plan.extended = extended
        target = try bench.pair(domain, sent, nil, plan)
        for (pair, peer) in [(initiator, target), (target, initiator)] {
            var ladder = Ladder()
            ladder.peer = peer.number
            try ladder.climb(pair, to: .readyToSend)
        }
    }

    func postReceive(_ id: UInt64, length: Int = 64) throws {
        try expect("ibv_post_srq_recv", code: shared.postReceive(id, [region.piece(2048, length)]), is: 0)
    }

    /// Eight bytes, to the shared receive queue of the stage or another; how the request completes.
    func send(_ opcode: Opcode, to queue: UInt32? = nil, key: UInt32? = nil) throws -> [Status] {
        try post(opcode, to: queue, key: key)
        return try sent.take(1).map(\.status)
    }

    func post(_ opcode: Opcode, to queue: UInt32? = nil, key: UInt32? = nil) throws {
        var request = Send(opcode, [region.piece(0, 8)])
        request.sharedQueue = try queue ?? shared.number()
        request.immediate = 0x1234_5678
        request.remoteKey = key ?? region.remoteKey
        request.remoteAddress = region.memory.address + 1024
        // An atomic's operands stand where the number of the queue does not.
        request.compareAdd = 1
        try expect("ibv_post_send", code: initiator.postSend(request), is: 0)
    }

    /// Between states that need no attribute but the state.
    func move(_ half: Pair, to state: State) -> Int32 {
        var values = ibv_qp_attr()
        values.qp_state = ibv_qp_state(rawValue: state.rawValue)
        return half.modify(values, Attribute.state.bit)
    }
}
