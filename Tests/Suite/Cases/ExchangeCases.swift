// ExchangeCases.swift - one request at a time between two queue pairs: rights × operations × keys × bounds × domains ×
// states, within a process and between two. What must come of each says the Oracle.

enum ExchangeCases {
    static var topic: Topic {
        Topic(
            name: "exchanges", title: "What both sides see of a request",
            rules: rights + bounds + remoteKeys + localBuffers + receives + states + atomics + datagrams + lengths)
    }

    /// Every exchange is carried out within a process, between two, and posted by the extended interface.
    private static let ways: [(Placement, Interface)] = [(.near, .plain), (.far, .plain), (.near, .extended)]

    /// A rule from its exchanges: its answer is every outcome but success, in the oracle's words.
    private static func rule(_ subject: String, _ condition: String, _ source: String, choice: String = "", _ all: [(String, Exchange)]) -> Rule {
        var faults: [String] = []
        for (_, exchange) in all {
            let outcome = Oracle.outcome(exchange, mtu: 4096)
            let words = outcome.moves ? nil : "\(exchange.kind): \(outcome.words)"
            if let words, !faults.contains(words) { faults.append(words) }
        }
        let succeeds = all.contains { Oracle.outcome($0.1, mtu: 4096).moves }
        let answer = ((succeeds ? ["SUCCESS where nothing is wrong"] : []) + faults).joined(separator: "<br>")
        let cases = ways.flatMap { placement, interface in
            all.filter { interface == .plain || isBuiltByExtended($0.1) }.map { words, plain in
                var exchange = plain
                exchange.interface = interface
                return Case(coordinates: "\(plain.kind) \(plain.opcode) \(words) \(placement.rawValue) by \(interface.rawValue)") { bench in
                    try Conduct(bench: bench, target: try bench.target(placement)).perform(exchange)
                }
            }
        }
        return Rule(subject, condition, answer, source, choice: choice, cases)
    }

    /// `ibv_wr_atomic_write` takes the word itself: it has no local buffer that could be wrong.
    private static func isBuiltByExtended(_ exchange: Exchange) -> Bool {
        exchange.opcode != .atomicWrite
            || (exchange.length == 8 && exchange.pieces == 1 && exchange.localKey == .good && !exchange.isLocalOutside)
    }

    // MARK: Operations by kind

    private static let oneSided: [(Kind, Opcode)] = [
        (.reliable, .write), (.reliable, .writeWithImmediate), (.reliable, .read), (.reliable, .compareAndSwap),
        (.reliable, .fetchAndAdd), (.reliable, .atomicWrite), (.unreliable, .write), (.unreliable, .writeWithImmediate),
    ]
    private static let sends: [(Kind, Opcode)] = Kind.allCases.flatMap { [($0, .send), ($0, .sendWithImmediate)] }

    private static func vary(_ operations: [(Kind, Opcode)], _ body: (Exchange) -> [(String, Exchange)]) -> [(String, Exchange)] {
        operations.flatMap { body(Exchange($0.0, $0.1)) }
    }

    private static func with(_ exchange: Exchange, _ words: String, _ set: (inout Exchange) -> Void) -> (String, Exchange) {
        var changed = exchange
        set(&changed)
        return (words, changed)
    }

    // MARK: One-sided operations

    /// Remote rights to change memory need the local one: ten sets can be registered.
    private static var rights: [Rule] {
        let regions = (0..<16 as Range<UInt32>).map { Access(rawValue: $0) }
            .filter { $0.contains(.localWrite) || $0.isDisjoint(with: [.remoteWrite, .remoteAtomic]) }
        let pairs = (0..<8 as Range<UInt32>).map { Access(rawValue: $0 << 1) }
        return oneSided.map { kind, opcode in
            let noBytes = vary(opcode.movesWord ? [] : [(kind, opcode)]) { exchange in
                pairs.map { pair in
                    with(exchange, "no bytes, queue pair \(pair)") {
                        $0.length = 0
                        $0.target.pairAccess = pair
                    }
                }
            }
            return rule(
                "\(kind) \(opcode)", "each set of rights of the region × each of the queue pair", "IBA 9.7.4, 9.9.3, 10.6.3",
                vary([(kind, opcode)]) { exchange in
                    regions.flatMap { region in
                        pairs.map { pair in
                            with(exchange, "region \(region), queue pair \(pair)") {
                                $0.target.regionAccess = region
                                $0.target.pairAccess = pair
                            }
                        }
                    }
                } + noBytes)
        }
    }

    private static var bounds: [Rule] {
        let page = KeyedMemory.bytes
        let all = vary(oneSided) { exchange in
            let length = exchange.length
            let offsets = [0, 8, 1024, page - length, page - length + 8, page - 8, page, -8, -length, page * 2, 1 << 40].filter { $0 % 8 == 0 }
            let inside = Set(offsets).sorted().map { offset in
                with(exchange, "\(length) bytes at \(offset) of \(page)") { $0.remoteOffset = offset }
            }
            return inside + [
                with(exchange, "past the end of the address space") { $0.remoteAddress = .max - 7 },
                with(exchange, "at address 0") { $0.remoteAddress = 0 },
            ]
        }
        return [rule("bounds of the region", "inside, to the last byte, one beyond, before, far away, wrapping", "IBA 10.6.3.5, 9.7.4.1.5", all)]
    }

    private static var remoteKeys: [Rule] {
        let all = vary(oneSided) { exchange in
            let lengths = exchange.opcode.movesWord ? [8] : [exchange.length, 0]
            return KeyPlan.allCases.flatMap { key in
                lengths.map { length in
                    with(exchange, "\(length) bytes, \(key)") {
                        $0.target.key = key
                        $0.length = length
                    }
                }
            }
        }
        return [rule("remote key", "each condition of it; no bytes need no key", "IBA 10.6.3.5, 9.7.4.1.5, C9-88", all)]
    }

    // MARK: Local buffers

    private static var localBuffers: [Rule] {
        let all = vary(oneSided + sends) { exchange in
            let keys = KeyPlan.allCases.map { key in with(exchange, "local: \(key)") { $0.localKey = key } }
            return keys + [
                with(exchange, "local: read only") { $0.localAccess = [] },
                with(exchange, "local: beyond the end") { $0.isLocalOutside = true },
                with(exchange, "local: key 0, no bytes") {
                    $0.localKey = .zero
                    if !$0.opcode.movesWord { $0.length = 0 }
                },
            ]
        }
        let handle = vary([(.datagram, .send)]) { [with($0, "address handle of another domain") { $0.isHandleOfOtherDomain = true }] }
        return [
            rule("local buffer", "each condition of its key; read only; beyond its end; nothing is sent then", "IBA 10.6.3.4, 11.6.2", all),
            rule("address handle", "of another protection domain than the queue pair", "IBA 10.2.2.1, 11.6.2", handle),
        ]
    }

    // MARK: Receives

    private static var receives: [Rule] {
        let kinds = sends + [(.reliable, .writeWithImmediate), (.unreliable, .writeWithImmediate)]
        let absent = vary(kinds) { exchange in [with(exchange, "no receive") { $0.target.receives = [] }] }
        let short = vary(sends) { exchange in
            let header = exchange.kind == .datagram ? 40 : 0
            return [(0, 1), (63, 64), (64, 64), (1024, 1025), (4096 - header, 4096 - header), (0, 0)].map { room, length in
                with(exchange, "\(length) bytes into \(room)") {
                    $0.length = length
                    $0.target.receives = [TargetPlan.Receive(length: room + header), TargetPlan.Receive()]
                }
            }
        }
        let buffers = vary(sends) { exchange in
            let keys = KeyPlan.allCases.map { key in
                with(exchange, "receive: \(key)") { $0.target.receives = [TargetPlan.Receive(key: key), TargetPlan.Receive()] }
            }
            return keys + [
                with(exchange, "receive: read only") { $0.target.receives = [TargetPlan.Receive(access: [])] },
                with(exchange, "receive: beyond the end") { $0.target.receives = [TargetPlan.Receive(length: 4096, isOutside: true)] },
                with(exchange, "receive: in four pieces") { $0.target.receives = [TargetPlan.Receive(pieces: 4)] },
            ]
        }
        return [
            rule("no receive posted", "a SEND, or a write with immediate", "IBA 9.7.5.2.8, 9.9.3", withShared(absent)),
            rule(
                "receive too short", "by one byte, by all; just long enough", "IBA 9.7.4.1.7, 9.9.3", 
                choice: "the unreliable services drop what does not fit, and the receive stays", withShared(short)),
            rule("receive buffer", "each condition of its key; read only; beyond its end", "IBA 9.9.3, 10.6.3.4, 11.6.2", withShared(buffers)),
        ]
    }

    /// The same from a shared receive queue, which unreliable connections do not have.
    private static func withShared(_ all: [(String, Exchange)]) -> [(String, Exchange)] {
        all + all.filter { $0.1.kind != .unreliable }.map { words, exchange in
            with(exchange, words + " from a shared queue") { $0.target.usesShared = true }
        }
    }

    // MARK: States of the target

    private static var states: [Rule] {
        let all = vary(oneSided + sends) { exchange in
            Transitions.states(exchange.kind).map { state in with(exchange, "target in \(state)") { $0.target.state = state } }
                + [with(exchange, "target destroyed") { $0.target.isGone = true }]
        }
        let resources = vary(oneSided.filter { $0.1.isAnswered }) { exchange in
            [0, 1, 16].map { count in with(exchange, "max_dest_rd_atomic \(count)") { $0.target.responderResources = count } }
        }
        return [
            rule("READ, atomics and atomic writes", "for which the target has no resources: max_dest_rd_atomic 0", "IBA 9.7.4.1.4, 9.9.3", resources),
            rule("target's queue pair", "in each state, and destroyed", "IBA 10.3.1, 9.7.5.2.8, 9.9.2.4", all),
        ]
    }

    // MARK: Atomics

    private static var atomics: [Rule] {
        let operations = oneSided.filter { $0.1.movesWord }
        let alignment = vary(operations) { exchange in
            (0...9).map { offset in with(exchange, "at offset \(offset)") { $0.remoteOffset = offset } }
        }
        let lengths = vary(operations) { exchange in
            [0, 1, 4, 7, 8, 9, 16, 64].map { length in with(exchange, "\(length) bytes") { $0.length = length } }
        }
        let compared = vary([(.reliable, .compareAndSwap)]) { exchange in
            [true, false].map { matches in with(exchange, "compares \(matches ? "equal" : "unequal")") { $0.compareMatches = matches } }
        }
        return [
            rule("atomic, atomic write", "whose address is not a multiple of 8", "IBA 9.4.5, 9.7.4.1.6", alignment),
            rule("atomic, atomic write", "whose local buffer is not 8 bytes", "IBA 11.4.1.1, 9.9.2.4", lengths),
            rule("atomic", "compared equal and unequal: the old value comes back", "IBA 9.4.5", compared),
        ]
    }

    // MARK: Datagrams

    private static var datagrams: [Rule] {
        let keys = vary([(.datagram, .send), (.datagram, .sendWithImmediate)]) { exchange in
            [
                with(exchange, "the target's key") { $0.queueKey = 0x1111_1111 },
                with(exchange, "another key") { $0.queueKey = 0x1111_1112 },
                with(exchange, "key 0") { $0.queueKey = 0 },
                with(exchange, "highest bit set, own key fits") { $0.queueKey = 0x8000_0000 },
                with(exchange, "highest bit set, own key does not fit") {
                    $0.queueKey = 0x9111_1111
                    $0.ownQueueKey = 0x2222_2222
                },
                with(exchange, "target key 0") {
                    $0.target.queueKey = 0
                    $0.queueKey = 0
                },
            ]
        }
        let unknown = vary([(.datagram, .send)]) { [with($0, "to a number that no queue pair has") { $0.isPairUnknown = true }] }
        return [
            rule("datagram's queue key", "right, wrong, and taken from the sending queue pair", "IBA 10.2.5, 9.6.1.2", keys),
            rule("datagram", "to a queue pair that is not there", "IBA 9.8.3", unknown),
        ]
    }

    // MARK: What arrives

    private static var lengths: [Rule] {
        let sizes = [0, 1, 2, 3, 7, 8, 9, 31, 63, 64, 65, 127, 128, 255, 256, 257, 511, 1000, 1024, 2047, 2048, 4000, 4095, 4096]
        let all = vary(oneSided + sends) { exchange in
            (exchange.opcode.movesWord ? [] : sizes).map { length in with(exchange, "\(length) bytes") { $0.length = length } }
        }
        let pieces = vary(oneSided + sends) { exchange in
            (exchange.opcode.movesWord ? [2, 4] : [2, 3, 4]).flatMap { count in
                (exchange.opcode.movesWord ? [8] : [12, 240, 3960]).map { length in
                    with(exchange, "\(length) bytes in \(count) pieces") {
                        $0.length = length
                        $0.pieces = count
                        if $0.opcode.takesReceive { $0.target.receives = [TargetPlan.Receive(pieces: 4)] }
                    }
                }
            }
        }
        let inline = vary(sends + oneSided.filter { $0.1.isWrite }) { exchange in
            [0, 1, 8, 63, 64].map { length in
                with(exchange, "\(length) bytes inline") {
                    $0.length = length
                    $0.inline = true
                    $0.localKey = .zero
                }
            }
        }
        let tooLong = vary([(.datagram, .send)]) { exchange in
            [4097, 5000, 8000].map { length in with(exchange, "\(length) bytes") { $0.length = length } }
        }
        return [
            rule(
                "datagram above the path MTU", "of 4096 bytes", "IBA C10-93.1.1",
                choice: "adapters differ; the specification has it neither sent nor reported", tooLong),
            rule("message of each length", "from 0 to the MTU", "IBA 9.7.4, 9.8.3", withShared(all)),
            rule("scattered and gathered", "2 to 4 pieces here and there", "IBA 11.4.1.1", pieces),
            rule("inline data", "up to max_inline_data, whatever the local key", "ibv_post_send(3)", inline),
        ]
    }
}
