// Conduct.swift - carries an exchange out, and compares what both sides saw with what they must see.

/// Carries an exchange out.
struct Conduct {
    private static let seed: UInt8 = 1
    private static let immediate: UInt32 = 0xfeed_0001
    private static let added: UInt64 = 0x1_0000_0001
    private static let swapped: UInt64 = 0x5555_aaaa_5555_aaaa
    let bench: Bench
    let target: any Target

    func perform(_ exchange: Exchange) throws {
        do { try run(exchange) } catch {
            try? target.end()
            throw error
        }
        try target.end()
    }

    private func run(_ exchange: Exchange) throws {
        let offer = try target.make(exchange.target)
        let domain = try bench.domain()
        let isExtended = exchange.interface == .extended
        let queue = isExtended ? bench.keep(try Queue(extended: bench.device, entries: 64)) : try bench.queue()
        var plan = PairPlan(exchange.kind)
        plan.interface = exchange.interface
        let local = try KeyedMemory(bench, domain, access: exchange.localAccess, key: exchange.localKey, seed: Self.seed)
        let pair = try bench.pair(domain, queue, nil, plan)
        try target.connect(to: pair.number)
        var ladder = Ladder()
        ladder.peer = offer.pair
        ladder.queueKey = exchange.ownQueueKey
        try ladder.climb(pair, to: .readyToSend)

        let expected = Oracle.outcome(exchange, mtu: bench.device.mtuBytes)
        let request = try request(exchange, offer, local, domain)
        try expect("ibv_post_send", code: pair.postSend(request), is: 0)
        let completions = try queue.take(1)
        let report = try target.report(expecting: expected.receives.count)
        guard let completion = completions.first else { throw Mismatch(what: "completion", expected: "\(expected)", seen: "none") }

        var seen = Outcome(status: completion.status, state: try pair.state())
        seen.receives = report.completions.map(\.status)
        seen.events = report.events
        seen.targetState = report.state
        seen.moves = expected.moves
        try expect("outcome", seen, is: expected)
        try expectInitiator(exchange, expected, completion, pair)
        try expectReceive(exchange, expected, report, sender: pair.number)
        try expectBytes(exchange, expected, report, local)
        if expected.state != .readyToSend { try expectFlushed(exchange, pair, queue, request) }
        try expect("completions too many", try queue.poll()?.status, is: nil)
        try expect("events of the initiator", bench.events(), is: [])
    }

    // MARK: The request

    private func request(_ exchange: Exchange, _ offer: TargetOffer, _ local: KeyedMemory, _ domain: Domain) throws -> Send {
        let start = exchange.isLocalOutside ? KeyedMemory.bytes - exchange.length / 2 : 0
        let each = exchange.length / exchange.pieces
        var request = Send(exchange.opcode, (0..<exchange.pieces).map { local.piece(start + $0 * each, each) })
        request.immediate = Self.immediate
        request.remoteAddress = exchange.remoteAddress ?? offer.address &+ UInt64(bitPattern: Int64(exchange.remoteOffset))
        request.remoteKey = offer.key
        let original = word(at: exchange.remoteOffset, seed: TargetSide.seed)
        request.compareAdd = exchange.opcode == .fetchAndAdd ? Self.added : exchange.compareMatches ? original : ~original
        request.swap = Self.swapped
        if exchange.inline { request.flags |= SendFlag.inline }
        if exchange.kind == .datagram {
            let owner = exchange.isHandleOfOtherDomain ? try bench.domain() : domain
            request.datagram = Send.Destination(
                handle: try bench.handle(owner), pair: exchange.isPairUnknown ? 0xff_fffe : offer.pair,
                key: exchange.queueKey ?? exchange.target.queueKey)
        }
        return request
    }

    private func word(at offset: Int, seed: UInt8) -> UInt64 {
        (0..<8).reduce(0) { $0 | UInt64(Pattern.byte(offset + $1, seed)) << (8 * UInt64($1)) }
    }

    // MARK: What was seen

    private func expectInitiator(_ exchange: Exchange, _ expected: Outcome, _ completion: Completion, _ pair: Pair) throws {
        try expect("wr_id", completion.id, is: 1)
        try expect("qp_num", completion.pair, is: pair.number)
        // The other fields have a meaning only then: ibv_poll_cq(3).
        if expected.status == .success { try expect("opcode", completion.opcode, is: exchange.opcode.completion) }
    }

    private func expectReceive(_ exchange: Exchange, _ expected: Outcome, _ report: TargetReport, sender: UInt32) throws {
        try expect("wr_ids", report.completions.map(\.id), is: report.completions.indices.map { 100 + UInt64($0) })
        guard expected.receives.first == .success, let completion = report.completions.first else { return }
        let isWrite = exchange.opcode == .writeWithImmediate
        let header = exchange.kind == .datagram ? 40 : 0
        try expect("opcode of the receive", completion.opcode, is: isWrite ? Completion.receiveOfWrite : Completion.receive)
        try expect("byte_len", completion.bytes, is: UInt32(exchange.length + header))
        let carries = exchange.opcode == .sendWithImmediate || isWrite
        try expect("IBV_WC_WITH_IMM", completion.flags & Completion.withImmediate != 0, is: carries)
        if carries { try expect("imm_data", completion.immediate, is: Self.immediate) }
        if exchange.kind == .datagram {
            try expect("src_qp", completion.source, is: sender)
            try expect("IBV_WC_GRH", completion.flags & Completion.withGlobalRoute != 0, is: bench.device.isEthernet)
        }
    }

    /// Every byte of the three memories: what must have been written is, and nothing else.
    private func expectBytes(_ exchange: Exchange, _ expected: Outcome, _ report: TargetReport, _ local: KeyedMemory) throws {
        var mine = page(Self.seed), theirs = page(TargetSide.seed), received = page(TargetSide.receiveSeed)
        let sent = mine
        if expected.moves {
            let there = exchange.remoteOffset
            switch exchange.opcode {
            case .write, .writeWithImmediate, .atomicWrite: theirs.replaceSubrange(there..<there + exchange.length, with: sent[..<exchange.length])
            case .read: mine.replaceSubrange(0..<exchange.length, with: theirs[there..<there + exchange.length])
            case .compareAndSwap, .fetchAndAdd:
                mine.replaceSubrange(0..<8, with: theirs[there..<there + 8])
                theirs.replaceSubrange(there..<there + 8, with: result(exchange))
            default: place(exchange, sent, in: &received, seen: report.received?.all ?? [])
            }
        }
        try expectSame("initiator's memory", local.memory.bytes, mine)
        try expectSame("target's memory", report.memory?.all ?? [], theirs)
        if !exchange.target.receives.isEmpty { try expectSame("receive buffer", report.received?.all ?? [], received) }
    }

    private func page(_ seed: UInt8) -> [UInt8] { Pattern.of(seed, count: KeyedMemory.bytes) }

    private func result(_ exchange: Exchange) -> [UInt8] {
        let original = word(at: exchange.remoteOffset, seed: TargetSide.seed)
        let new =
            exchange.opcode == .fetchAndAdd ? original &+ Self.added : exchange.compareMatches ? Self.swapped : original
        return (0..<8).map { UInt8(truncatingIfNeeded: new >> (8 * UInt64($0))) }
    }

    /// A datagram's payload follows 40 bytes, which are the route header or undefined.
    private func place(_ exchange: Exchange, _ sent: [UInt8], in page: inout [UInt8], seen: [UInt8]) {
        let header = exchange.kind == .datagram ? 40 : 0
        if seen.count >= header { page.replaceSubrange(0..<header, with: seen[..<header]) }
        page.replaceSubrange(header..<header + exchange.length, with: sent[..<exchange.length])
    }

    private func expectSame(_ what: String, _ seen: [UInt8], _ expected: [UInt8]) throws {
        guard !Pattern.same(seen, expected) else { return }
        let first = zip(seen, expected).enumerated().first { $0.element.0 != $0.element.1 }
        let count = zip(seen, expected).count { $0 != $1 }
        throw Mismatch(
            what: "\(what), first of \(count) wrong bytes at \(first?.offset ?? -1)",
            expected: "\(first?.element.1 ?? 0)", seen: "\(first?.element.0 ?? 0)")
    }

    /// Whatever follows a request in error is flushed.
    private func expectFlushed(_ exchange: Exchange, _ pair: Pair, _ queue: Queue, _ request: Send) throws {
        var next = request
        next.id = 2
        try expect("a send after the error", code: pair.postSend(next), is: 0)
        let all = try queue.take(1)
        try expect("its status", all.map(\.status), is: [.flushed])
        try expect("its wr_id", all.map(\.id), is: [2])
    }
}
