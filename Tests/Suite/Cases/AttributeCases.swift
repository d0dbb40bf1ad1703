// AttributeCases.swift - each attribute of a queue pair: its range, and that a query gives what a modify set.

import CVerbs
import Glibc

enum AttributeCases {
    static var topic: Topic {
        Topic(
            name: "attributes", title: "Attributes of a queue pair (`ibv_modify_qp`, `ibv_query_qp`)",
            rules: numbers.map(rule) + [
                accessFlags, currentState, address("ah_attr", .addressVector), address("alt_ah_attr", .alternatePath),
                addressPort, sourceIndex, globalRoute, afterReset, fresh, creation,
            ])
    }

    private static let source = "ibv_modify_qp(3), ibv_query_qp(3); IBA 11.2.5.2, 11.2.5.3"

    // MARK: Attributes that are one number

    /// An attribute that is one number: who has it, how it is set and read, what it may be.
    private struct Number {
        let name: String
        let attribute: Attribute
        let kinds: [Kind]
        /// The change of state that carries it.
        let from: State
        let to: State
        let allowed: [UInt32]
        let refused: [UInt32]
        let range: String
        var choice = ""
        /// Bits above are ignored.
        var width: UInt32 = .max
        let set: (inout ibv_qp_attr, UInt32) -> Void
        let get: (ibv_qp_attr) -> UInt32
    }

    private static let connected: [Kind] = [.reliable, .unreliable]
    private static let tooWide = "values that do not fit the field of the packet are refused rather than cut"
    private static let sequence: [UInt32] = [0, 1, 0x7f_ffff, 0x80_0000, 0xff_ffff, 0x100_0000, 0x123_4567]

    private static var numbers: [Number] { initializing + receiving + sending }

    private static var initializing: [Number] {
        [
            Number(
                name: "port_num", attribute: .port, kinds: Kind.allCases, from: .reset, to: .initialized, allowed: [1],
                refused: [0, 2, 3, 255], range: "1 to phys_port_cnt", set: { $0.port_num = UInt8($1) },
                get: { UInt32($0.port_num) }),
            Number(
                name: "pkey_index", attribute: .partitionKeyIndex, kinds: Kind.allCases, from: .reset, to: .initialized,
                allowed: [0], refused: [1, 2, 0x7fff, 0xffff], range: "below pkey_tbl_len",
                set: { $0.pkey_index = UInt16($1) }, get: { UInt32($0.pkey_index) }),
            Number(
                name: "qkey", attribute: .queueKey, kinds: [.datagram], from: .reset, to: .initialized,
                allowed: [0, 1, 0x1111_1111, 0x7fff_ffff, 0x8000_0000, .max], refused: [], range: "any",
                choice: "keys with the highest bit are for everybody: there are no privileged consumers here",
                set: { $0.qkey = $1 }, get: { $0.qkey }),
        ]
    }

    private static var receiving: [Number] {
        [
            Number(
                name: "path_mtu", attribute: .pathMTU, kinds: connected, from: .initialized, to: .readyToReceive,
                allowed: [1, 2, 3, 4, 5], refused: [0, 6, 7, 255, 0x101], range: "MTU_256 to the port's active_mtu",
                set: { $0.path_mtu = ibv_mtu(rawValue: $1) }, get: { $0.path_mtu.rawValue }),
            Number(
                name: "rq_psn", attribute: .receivePSN, kinds: connected, from: .initialized, to: .readyToReceive,
                allowed: sequence, refused: [], range: "24 bits", choice: "bits above are ignored, as adapters do", width: 0xff_ffff,
                set: { $0.rq_psn = $1 }, get: { $0.rq_psn }),
            Number(
                name: "dest_qp_num", attribute: .destinationQueuePair, kinds: connected, from: .initialized,
                to: .readyToReceive, allowed: [0, 1, 2, 0x1234, 0xff_ffff], refused: [], range: "24 bits",
                set: { $0.dest_qp_num = $1 }, get: { $0.dest_qp_num }),
            Number(
                name: "min_rnr_timer", attribute: .minReceiverNotReadyTimer, kinds: [.reliable], from: .initialized,
                to: .readyToReceive, allowed: Array(0...31), refused: [32, 33, 64, 255], range: "0 to 31", choice: tooWide,
                set: { $0.min_rnr_timer = UInt8($1) }, get: { UInt32($0.min_rnr_timer) }),
            Number(
                name: "max_dest_rd_atomic", attribute: .maxResponderResources, kinds: [.reliable], from: .initialized,
                to: .readyToReceive, allowed: Array(0...16), refused: [17, 18, 128, 255], range: "0 to max_qp_rd_atom",
                set: { $0.max_dest_rd_atomic = UInt8($1) }, get: { UInt32($0.max_dest_rd_atomic) }),
        ]
    }

    private static var sending: [Number] {
        [
            Number(
                name: "sq_psn", attribute: .sendPSN, kinds: Kind.allCases, from: .readyToReceive, to: .readyToSend,
                allowed: sequence, refused: [], range: "24 bits", choice: "bits above are ignored, as adapters do", width: 0xff_ffff,
                set: { $0.sq_psn = $1 }, get: { $0.sq_psn }),
            Number(
                name: "timeout", attribute: .timeout, kinds: [.reliable], from: .readyToReceive, to: .readyToSend,
                allowed: Array(0...31), refused: [32, 33, 64, 255], range: "0 to 31; 0 is for ever", choice: tooWide,
                set: { $0.timeout = UInt8($1) }, get: { UInt32($0.timeout) }),
            Number(
                name: "retry_cnt", attribute: .retryCount, kinds: [.reliable], from: .readyToReceive, to: .readyToSend,
                allowed: Array(0...7), refused: [8, 9, 128, 255], range: "0 to 7", choice: tooWide,
                set: { $0.retry_cnt = UInt8($1) }, get: { UInt32($0.retry_cnt) }),
            Number(
                name: "rnr_retry", attribute: .receiverNotReadyRetry, kinds: [.reliable], from: .readyToReceive,
                to: .readyToSend, allowed: Array(0...7), refused: [8, 9, 128, 255], range: "0 to 7; 7 is for ever",
                choice: tooWide, set: { $0.rnr_retry = UInt8($1) }, get: { UInt32($0.rnr_retry) }),
            Number(
                name: "max_rd_atomic", attribute: .maxInitiatorDepth, kinds: [.reliable], from: .readyToReceive,
                to: .readyToSend, allowed: Array(0...16), refused: [17, 18, 128, 255], range: "0 to max_qp_init_rd_atom",
                set: { $0.max_rd_atomic = UInt8($1) }, get: { UInt32($0.max_rd_atomic) }),
            Number(
                name: "path_mig_state", attribute: .pathMigrationState, kinds: connected, from: .readyToReceive,
                to: .readyToSend, allowed: [0, 1, 2], refused: [3, 4, 255, 0x101], range: "MIGRATED, REARM, ARMED",
                set: { $0.path_mig_state = ibv_mig_state(rawValue: $1) }, get: { $0.path_mig_state.rawValue }),
        ]
    }

    private static func rule(_ number: Number) -> Rule {
        let cases = number.kinds.flatMap { kind in
            number.allowed.map { trial(number, kind, $0, 0) } + number.refused.map { trial(number, kind, $0, EINVAL) }
        }
        return Rule(
            number.name, number.range, number.refused.isEmpty ? "read back" : "read back; EINVAL outside, nothing changes", source,
            choice: number.choice, cases)
    }

    private static func trial(_ number: Number, _ kind: Kind, _ value: UInt32, _ expected: Int32) -> Case {
        Case(coordinates: "\(kind) \(number.name) \(value)") { bench in
            let pair = try ready(bench, kind, number.from)
            let before = try Snapshot(pair)
            let code = move(pair, number.from, number.to, extra: number.attribute) { number.set(&$0, value) }
            try expect("ibv_modify_qp", code: code, is: expected)
            if expected != 0 { return try expect("attributes after the refusal", try Snapshot(pair), is: before) }
            try expect(number.name, number.get(unsafe try pair.query().attributes), is: value & number.width)
            // It stays while the queue pair goes on.
            if number.to != .readyToSend {
                var ladder = Ladder()
                ladder.peer = pair.number
                let next: State = number.to == .initialized ? .readyToReceive : .readyToSend
                try expect("next step", code: move(pair, number.to, next) { number.set(&$0, value) }, is: 0)
                try expect("\(number.name) in \(next)", number.get(unsafe try pair.query().attributes), is: value & number.width)
            }
        }
    }

    // MARK: Attributes with a shape of their own

    private static var accessFlags: Rule {
        let sets = (0..<16 as Range<UInt32>).map { Access(rawValue: $0) }
        let cases = connected.flatMap { kind in
            sets.map { flags in
                Case(coordinates: "\(kind) qp_access_flags \(flags)") { bench in
                    let pair = try ready(bench, kind, .reset)
                    let code = move(pair, .reset, .initialized) { $0.qp_access_flags = flags.rawValue }
                    try expect("ibv_modify_qp", code: code, is: 0)
                    try expect("access", unsafe try pair.query().attributes.qp_access_flags, is: flags.rawValue)
                }
            }
        }
        return Rule("qp_access_flags", "any of LOCAL_WRITE, REMOTE_WRITE, REMOTE_READ, REMOTE_ATOMIC", "read back", source, cases)
    }

    private static var currentState: Rule {
        let rows = Transitions.all.filter { $0.optional.contains(.currentState) }
        let cases = rows.flatMap { row in
            State.allCases.map { claimed in
                Case(coordinates: "\(row.kind) \(row.from) to \(row.to), cur_qp_state \(claimed)") { bench in
                    let pair = try ready(bench, row.kind, row.from)
                    let code = move(pair, row.from, row.to, extra: .currentState) {
                        $0.cur_qp_state = ibv_qp_state(rawValue: claimed.rawValue)
                    }
                    try expect("ibv_modify_qp", code: code, is: claimed == row.from ? 0 : EINVAL)
                    try expect("state", try pair.state(), is: claimed == row.from ? row.to : row.from)
                }
            }
        }
        return Rule(
            "cur_qp_state", "where it is optional", "EINVAL unless it is the state that is", source,
            choice: "kernels believe what they are told; here a queue pair that failed meanwhile is found out", cases)
    }

    /// Every field of a path, set to something of its own, comes back.
    private static func address(_ name: String, _ attribute: Attribute) -> Rule {
        let fields: [(String, (inout ibv_ah_attr) -> Void)] = [
            ("dlid", { $0.dlid = 0x1234 }), ("sl", { $0.sl = 5 }), ("src_path_bits", { $0.src_path_bits = 1 }),
            ("static_rate", { $0.static_rate = 2 }), ("flow_label", { $0.grh.flow_label = 0xabcde }),
            ("hop_limit", { $0.grh.hop_limit = 64 }), ("traffic_class", { $0.grh.traffic_class = 0x2a }),
            ("is_global", { $0.is_global = 1 }),
            ("dgid", {
                $0.is_global = 1
                unsafe $0.grh.dgid.global.interface_id = 0x1122_3344_5566_7788
            }),
        ]
        let cases = connected.flatMap { kind in
            fields.map { field, set in
                Case(coordinates: "\(kind) \(name).\(field)") { bench in
                    let pair = try ready(bench, kind, .initialized)
                    var path = bench.device.path
                    path.is_global = 1
                    set(&path)
                    let code = move(pair, .initialized, .readyToReceive, extra: attribute) {
                        if attribute == .addressVector { $0.ah_attr = path } else { $0.alt_ah_attr = path }
                    }
                    try expect("ibv_modify_qp", code: code, is: 0)
                    let raw = unsafe try pair.query().attributes
                    let seen = attribute == .addressVector ? raw.ah_attr : raw.alt_ah_attr
                    try expect(name, Snapshot.path(seen), is: Snapshot.path(path))
                }
            }
        }
        return Rule(name, "each field", "read back", source, cases)
    }

    private static var addressPort: Rule {
        refusedPath("ah_attr.port_num", "not a port of the device", [0, 2, 255]) { $0.port_num = UInt8($1) }
    }

    private static var sourceIndex: Rule {
        refusedPath("ah_attr.grh.sgid_index", "is_global, and at or above gid_tbl_len", [16, 17, 255]) {
            $0.is_global = 1
            $0.grh.sgid_index = UInt8($1)
        }
    }

    private static func refusedPath(
        _ name: String, _ condition: String, _ values: [UInt32], _ set: @escaping (inout ibv_ah_attr, UInt32) -> Void
    ) -> Rule {
        let cases = connected.flatMap { kind in
            values.map { value in
                Case(coordinates: "\(kind) \(name) \(value)") { bench in
                    let pair = try ready(bench, kind, .initialized)
                    let code = move(pair, .initialized, .readyToReceive) { set(&$0.ah_attr, value) }
                    try expect("ibv_modify_qp", code: code, is: EINVAL)
                    try expect("state", try pair.state(), is: .initialized)
                }
            }
        }
        return Rule(name, condition, "EINVAL, nothing changes", source, cases)
    }

    private static var globalRoute: Rule {
        let cases = connected.map { kind in
            Case(coordinates: "\(kind)") { bench in
                let pair = try ready(bench, kind, .initialized)
                let code = move(pair, .initialized, .readyToReceive) { $0.ah_attr.is_global = 0 }
                try expect("ibv_modify_qp", code: code, is: bench.device.isEthernet ? EINVAL : 0)
            }
        }
        return Rule("ah_attr.is_global", "0", "EINVAL on Ethernet, where there is no LID; success on InfiniBand", "IBA annexes A16, A17", cases)
    }

    private static var afterReset: Rule {
        let cases = Kind.allCases.flatMap { kind in
            Transitions.states(kind).map { state in
                Case(coordinates: "\(kind) from \(state)") { bench in
                    let pair = try ready(bench, kind, .reset)
                    let fresh = try Snapshot(pair)
                    var ladder = Ladder()
                    ladder.peer = pair.number
                    try ladder.climb(pair, to: state)
                    var values = ladder.attributes(bench.device)
                    values.qp_state = IBV_QPS_RESET
                    try expect("ibv_modify_qp", code: pair.modify(values, Attribute.state.bit), is: 0)
                    try expect("attributes", try Snapshot(pair), is: fresh)
                    try ladder.climb(pair, to: .readyToSend)
                }
            }
        }
        return Rule(
            "RESET", "from each state", "every attribute is as at creation, and the queue pair can be used again",
            "IBA 10.3.1.1", cases)
    }

    private static var fresh: Rule {
        Rule(
            "a new queue pair", "queried", "RESET, no access, no destination", "IBA 10.3.1.1",
            Kind.allCases.map { kind in
                Case(coordinates: "\(kind)") { bench in
                    let pair = try ready(bench, kind, .reset)
                    let raw = unsafe try pair.query().attributes
                    try expect("qp_state", raw.qp_state.rawValue, is: State.reset.rawValue)
                    try expect("cur_qp_state", raw.cur_qp_state.rawValue, is: State.reset.rawValue)
                    try expect("qp_access_flags", raw.qp_access_flags, is: 0)
                    try expect("dest_qp_num", raw.dest_qp_num, is: 0)
                    try expect("qkey", raw.qkey, is: 0)
                    try expect("sq_draining", raw.sq_draining, is: 0)
                }
            })
    }

    private static var creation: Rule {
        let cases = Kind.allCases.flatMap { kind in
            [false, true].map { signals in
                Case(coordinates: "\(kind) sq_sig_all \(signals)") { bench in
                    let domain = try bench.domain()
                    let (send, receive) = (try bench.queue(), try bench.queue())
                    var plan = PairPlan(kind)
                    plan.signalsAll = signals
                    plan.sends = 7
                    plan.receives = 9
                    let pair = try bench.pair(domain, send, receive, plan)
                    let seen = unsafe try pair.query()
                    let made = unsafe seen.creation
                    try expect("qp_type", unsafe made.qp_type.rawValue, is: kind.rawValue)
                    try expect("sq_sig_all", unsafe made.sq_sig_all, is: signals ? 1 : 0)
                    try expect("send_cq", unsafe made.send_cq == send.pointer, is: true)
                    try expect("recv_cq", unsafe made.recv_cq == receive.pointer, is: true)
                    try expect("srq", unsafe made.srq == nil, is: true)
                    try expect("cap", unsafe "\(made.cap)", is: "\(pair.granted)")
                    try expect("cap of the attributes", unsafe "\(seen.attributes.cap)", is: "\(pair.granted)")
                    let granted = pair.granted
                    try expect("sizes at least as asked for", granted.max_send_wr >= 7 && granted.max_recv_wr >= 9, is: true)
                }
            }
        }
        return Rule("ibv_query_qp", "init_attr", "what the queue pair was made with", "ibv_query_qp(3); IBA 11.2.5.3", cases)
    }

    // MARK: Means

    private static func ready(_ bench: Bench, _ kind: Kind, _ state: State) throws -> Pair {
        let pair = try bench.pair(bench.domain(), bench.queue(), nil, PairPlan(kind))
        var ladder = Ladder()
        ladder.peer = pair.number
        try ladder.climb(pair, to: state)
        return pair
    }

    /// A change of state with what it requires, one attribute more, and some values other than the ordinary.
    private static func move(
        _ pair: Pair, _ from: State, _ to: State, extra: Attribute? = nil, _ set: (inout ibv_qp_attr) -> Void
    ) -> Int32 {
        var ladder = Ladder()
        ladder.peer = pair.number
        var values = ladder.attributes(pair.device)
        values.qp_state = ibv_qp_state(rawValue: to.rawValue)
        set(&values)
        let required = Transitions.row(pair.kind, from, to)?.required ?? []
        return pair.modify(values, (required + (extra.map { [$0] } ?? [])).reduce(Attribute.state.bit) { $0 | $1.bit })
    }
}
