// Stage.swift - one queue pair connected to itself, with everything it needs to send and to receive.

import CVerbs

/// One queue pair connected to itself: what needs no second one is tried on it.
final class Stage {
    let bench: Bench
    let domain: Domain
    let queue: Queue
    let region: Region
    let pair: Pair
    let handle: Handle
    private let ladder: Ladder

    init(
        _ bench: Bench, _ kind: Kind, _ state: State, sends: UInt32 = 16, receives: UInt32 = 16, interface: Interface = .plain,
        flags: UInt32 = 0
    ) throws {
        self.bench = bench
        domain = try bench.domain()
        queue = try bench.queue(256)
        region = try bench.region(domain)
        handle = try bench.handle(domain)
        var plan = PairPlan(kind)
        plan.interface = interface
        plan.flags = flags
        plan.sends = sends
        plan.receives = receives
        pair = try bench.pair(domain, queue, nil, plan)
        var ladder = Ladder()
        ladder.peer = pair.number
        self.ladder = ladder
        try ladder.climb(pair, to: state)
        // Reaching SQE left a completion.
        while try queue.poll() != nil {}
    }

    func values(_ state: State) -> ibv_qp_attr {
        var values = ladder.attributes(bench.device)
        values.qp_state = ibv_qp_state(rawValue: state.rawValue)
        return values
    }

    /// A request of eight bytes to itself: local bytes at 0, remote ones at 1024.
    func request(_ opcode: Opcode) -> Send {
        var request = Send(opcode, [region.piece(0, 8)])
        request.remoteAddress = region.memory.address + 1024
        request.remoteKey = region.remoteKey
        if pair.kind == .datagram {
            request.datagram = Send.Destination(handle: handle, pair: pair.number, key: ladder.queueKey)
        }
        return request
    }

    /// The completion of one request to itself, and of the receive that it takes.
    func expectSuccess(_ opcode: Opcode) throws {
        let all = try queue.take(opcode.takesReceive ? 2 : 1)
        let sent = all.filter { $0.id == 1 }
        try expect("status", sent.map(\.status), is: [.success])
        try expect("opcode of the completion", sent.map(\.opcode), is: [opcode.completion])
        let received = all.filter { $0.id == 9 }
        let what = opcode == .writeWithImmediate ? Completion.receiveOfWrite : Completion.receive
        try expect("receives", received.map(\.opcode), is: opcode.takesReceive ? [what] : [])
        try expect("state", try pair.state(), is: .readyToSend)
    }
}
