// Trio.swift - queue pairs that receive from one shared queue, each with a queue pair that sends to it.

/// Queue pairs that receive from one shared queue, each with one that sends to it.
final class Trio {
    let bench: Bench
    let sharedDomain: Domain
    let shared: SharedQueue
    let sent: Queue
    let received: Queue
    let region: Region
    let initiators: [Pair]
    let targets: [Pair]

    /// - Parameter otherDomain: the shared queue has another domain than the queue pairs.
    init(_ bench: Bench, pairs: Int = 1, otherDomain: Bool = false) throws {
        self.bench = bench
        let domain = try bench.domain()
        sharedDomain = otherDomain ? try bench.domain() : domain
        shared = try bench.shared(sharedDomain, requests: 16)
        sent = try bench.queue()
        received = try bench.queue()
        region = try bench.region(domain)
        var plan = PairPlan(.reliable)
        let (sent, received) = (sent, received)
        initiators = try (0..<pairs).map { _ in try bench.pair(domain, sent, nil, plan) }
        plan.shared = shared
        targets = try (0..<pairs).map { _ in try bench.pair(domain, received, nil, plan) }
        for (one, other) in zip(initiators, targets) {
            for (pair, peer) in [(one, other), (other, one)] {
                var ladder = Ladder()
                ladder.peer = peer.number
                try ladder.climb(pair, to: .readyToSend)
            }
        }
    }

    func postReceive(_ id: UInt64) throws {
        try expect("ibv_post_srq_recv", code: shared.postReceive(id, [region.piece(2048, 64)]), is: 0)
    }

    /// One message to one of the targets; what that received.
    @discardableResult
    func send(_ index: Int) throws -> Completion {
        try expect("ibv_post_send", code: initiators[index].postSend(Send(.send, [region.piece(0, 8)])), is: 0)
        try expect("sent", try sent.take(1).map(\.status), is: [.success])
        guard let completion = try received.take(1).first else { throw Mismatch(what: "received", expected: "one", seen: "none") }
        try expect("status", completion.status, is: .success)
        return completion
    }
}
