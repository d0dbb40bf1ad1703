// WindowStage.swift - two connected queue pairs, a region of the target's to bind windows to, and the initiator's own.

/// A target that binds windows, and an initiator that uses them.
final class WindowStage {
    let bench: Bench
    let domain: Domain
    let sent: Queue
    let received: Queue
    let initiator: Pair
    let target: Pair
    /// The target's, under windows.
    let region: Region
    private let own: Region

    init(_ bench: Bench, region access: Access = [.localWrite, .windowBind], domain: Domain? = nil) throws {
        self.bench = bench
        self.domain = try domain ?? bench.domain()
        sent = try bench.queue()
        received = try bench.queue()
        region = try bench.region(self.domain, access: access)
        own = try bench.region(self.domain, seed: 2)
        initiator = try bench.pair(self.domain, sent, nil, PairPlan(.reliable))
        target = try bench.pair(self.domain, received, nil, PairPlan(.reliable))
        for (pair, peer) in [(initiator, target), (target, initiator)] {
            var ladder = Ladder()
            ladder.peer = peer.number
            try ladder.climb(pair, to: .readyToSend)
        }
    }

    func window(_ type: UInt32) throws -> Window { bench.keep(try Window(domain, type: type)) }

    /// Binds, and polls what came of it.
    func bind(_ window: Window, _ access: Access, _ offset: Int = 0, _ length: Int = 4096) throws -> [Status] {
        try expect("binding", code: window.bind(target, region, offset, length, access), is: 0)
        return try received.take(1).map(\.status)
    }

    func bound(_ type: UInt32, _ access: Access = [.remoteWrite, .remoteRead], _ offset: Int = 0, _ length: Int = 4096) throws -> Window {
        let window = try window(type)
        try expect("binding", try bind(window, access, offset, length), is: [.success])
        return window
    }

    /// One operation of the initiator by a window's key; how it completes.
    func use(_ key: UInt32, _ opcode: Opcode = .write, _ offset: Int = 0, _ length: Int = 8) throws -> [Status] {
        var request = Send(opcode, [own.piece(0, length)])
        request.remoteAddress = region.memory.address &+ UInt64(truncatingIfNeeded: offset)
        request.remoteKey = key
        try expect("ibv_post_send", code: initiator.postSend(request), is: 0)
        return try sent.take(1).map(\.status)
    }
}
