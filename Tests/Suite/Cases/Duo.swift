// Duo.swift - two connected queue pairs of this process, each side with a completion queue of its own on one channel.

import CVerbs

/// Two connected queue pairs: one sends, the other receives.
final class Duo {
    let bench: Bench
    let channel: Channel
    let sent: Queue
    let received: Queue
    let region: Region
    let initiator: Pair
    let target: Pair
    private let handle: Handle
    private let queueKey = Ladder().queueKey

    init(_ bench: Bench, _ kind: Kind = .reliable, _ change: (inout PairPlan) -> Void = { _ in }) throws {
        self.bench = bench
        let domain = try bench.domain()
        channel = try bench.channel()
        sent = try bench.queue(64, channel: channel)
        received = try bench.queue(64, channel: channel)
        region = try bench.region(domain, pages: 2)
        handle = try bench.handle(domain)
        var plan = PairPlan(kind)
        change(&plan)
        initiator = try bench.pair(domain, sent, sent, plan)
        target = try bench.pair(domain, received, received, plan)
        try climb(initiator, peer: target)
        try climb(target, peer: initiator)
    }

    private func climb(_ pair: Pair, peer: Pair) throws {
        var ladder = Ladder()
        ladder.peer = peer.number
        try ladder.climb(pair, to: .readyToSend)
    }

    func request(_ opcode: Opcode, id: UInt64) -> Send {
        var request = Send(opcode, id: id, [region.piece(0, 8)])
        if initiator.kind == .datagram {
            request.datagram = Send.Destination(handle: handle, pair: target.number, key: queueKey)
        }
        return request
    }

    /// One message from one to the other, with both completions polled; or one that fails at both ends.
    func complete(solicited: Bool = false, fails: Bool = false) throws {
        // Too short for what comes: an error on both sides.
        try expect("ibv_post_recv", code: target.postReceive(9, [region.piece(4096, fails ? 4 : 1024)]), is: 0)
        var request = request(.send, id: 1)
        if solicited { request.flags |= SendFlag.solicited }
        try expect("ibv_post_send", code: initiator.postSend(request), is: 0)
        try expect("sent", try sent.take(1).map(\.status), is: [fails ? .remoteInvalidRequest : .success])
        try expect("received", try received.take(1).map(\.status), is: [fails ? .localLength : .success])
    }

    func move(_ state: State) -> Int32 {
        var values = Ladder().attributes(bench.device)
        values.qp_state.rawValue = state.rawValue
        return initiator.modify(values, Attribute.state.bit)
    }
}
