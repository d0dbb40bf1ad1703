// TargetSide.swift - the target of an exchange, in whichever process it lives.

/// The target of an exchange, in whichever process it lives.
final class TargetSide {
    static let seed: UInt8 = 101
    static let receiveSeed: UInt8 = 201
    private let bench: Bench
    private let plan: TargetPlan
    private let queue: Queue
    private let pair: Pair
    private let exposed: KeyedMemory
    private var buffers: [KeyedMemory] = []
    private let shared: SharedQueue?

    init(_ device: Device, _ plan: TargetPlan) throws {
        bench = Bench(device)
        self.plan = plan
        let domain = try bench.domain()
        queue = try bench.queue(plan.entries)
        exposed = try KeyedMemory(bench, domain, access: plan.regionAccess, key: plan.key, seed: Self.seed)
        var pairPlan = PairPlan(plan.kind)
        pairPlan.shared = plan.usesShared ? try bench.shared(domain, elements: 4) : nil
        shared = pairPlan.shared
        pair = try bench.pair(domain, queue, nil, pairPlan)
        for receive in plan.receives {
            buffers.append(try KeyedMemory(bench, domain, access: receive.access, key: receive.key, seed: Self.receiveSeed))
        }
    }

    var offer: TargetOffer { TargetOffer(pair: pair.number, address: exposed.memory.address, key: exposed.remoteKey) }

    /// Connects to the initiator, goes to the planned state and posts its receives.
    func connect(to initiator: UInt32) throws {
        var ladder = Ladder()
        ladder.peer = initiator
        ladder.access = plan.pairAccess
        ladder.queueKey = plan.queueKey
        ladder.responderResources = plan.responderResources
        try ladder.climb(pair, to: plan.state == .reset || plan.state == .error ? .initialized : plan.state)
        // Reaching SQE left a completion.
        while try queue.poll() != nil {}
        for index in plan.receives.indices { try post(index) }
        if plan.state == .reset || plan.state == .error {
            var values = ladder.attributes(bench.device)
            values.qp_state.rawValue = plan.state.rawValue
            try expect("to \(plan.state)", code: pair.modify(values, Attribute.state.bit), is: 0)
        }
        if plan.isGone, pair.destroy() != 0 { throw Refused(function: "ibv_destroy_qp") }
    }

    private func post(_ index: Int) throws {
        let receive = plan.receives[index]
        let each = receive.length / receive.pieces
        let start = receive.isOutside ? KeyedMemory.bytes - receive.length / 2 : 0
        let pieces = (0..<receive.pieces).map { buffers[index].piece(start + $0 * each, each) }
        let id = 100 + UInt64(index)
        let code = shared.map { $0.postReceive(id, pieces) } ?? pair.postReceive(id, pieces)
        if code != 0 { throw Refused(function: "posting a receive", code: code) }
    }

    /// What it saw, once the initiator has seen its end.
    func report(expecting count: Int) throws -> TargetReport {
        var report = TargetReport()
        report.completions = try queue.take(count)
        while let more = try queue.poll() { report.completions.append(more) }
        report.events = bench.events()
        report.state = plan.isGone ? nil : try pair.state()
        report.memory = Changes(exposed.memory, seed: Self.seed)
        report.received = buffers.first.map { Changes($0.memory, seed: Self.receiveSeed) }
        return report
    }

    func end() throws { try bench.end() }
}
