// LimitCases.swift - each limit of the device: at the limit it works, one more fails, and nothing is made smaller than asked for.

import CVerbs
import Glibc

enum LimitCases {
    static var topic: Topic {
        Topic(
            name: "limits", title: "Limits (`ibv_query_device`)",
            rules: queuePairSizes + [inlineSize, completionEntries, completionVectors, sharedSizes, messageBytes, counts, tables])
    }

    private static let numbers = "IBA leaves the number open; mlx5 and Soft-RoCE answer so"

    // MARK: Queue pairs

    /// A size of a queue pair, and its limit on a device.
    private struct Size {
        let name: String
        let limit: (Device) -> UInt32
        let limitName: String
        let set: (inout PairPlan, UInt32) -> Void
        let granted: (Pair) -> UInt32
    }

    private static var sizes: [Size] {
        [
            Size(
                name: "max_send_wr", limit: { UInt32($0.limits.max_qp_wr) }, limitName: "max_qp_wr", set: { $0.sends = $1 },
                granted: { $0.granted.max_send_wr }),
            Size(
                name: "max_recv_wr", limit: { UInt32($0.limits.max_qp_wr) }, limitName: "max_qp_wr", set: { $0.receives = $1 },
                granted: { $0.granted.max_recv_wr }),
            Size(
                name: "max_send_sge", limit: { UInt32($0.limits.max_sge) }, limitName: "max_sge", set: { $0.sendElements = $1 },
                granted: { $0.granted.max_send_sge }),
            Size(
                name: "max_recv_sge", limit: { UInt32($0.limits.max_sge) }, limitName: "max_sge", set: { $0.receiveElements = $1 },
                granted: { $0.granted.max_recv_sge }),
        ]
    }

    private static var queuePairSizes: [Rule] {
        sizes.map { size in
            let cases = Kind.allCases.flatMap { kind in
                ["0", "1", "7", "the limit", "one more", "all bits"].map { words in
                    Case(coordinates: "\(kind) \(size.name) \(words)") { bench in
                        let limit = size.limit(bench.device)
                        let values: [String: UInt32] = ["0": 0, "1": 1, "7": 7, "the limit": limit, "one more": limit + 1, "all bits": .max]
                        var plan = PairPlan(kind)
                        let value = values[words] ?? 0
                        size.set(&plan, value)
                        let (domain, queue) = (try bench.domain(), try bench.queue())
                        if value > limit {
                            return try expectRefused(EINVAL) { _ = try bench.pair(domain, queue, nil, plan) }
                        }
                        let pair = try bench.pair(domain, queue, nil, plan)
                        try expect("granted at least \(value)", size.granted(pair) >= value, is: true)
                        try expect("granted at most the limit", size.granted(pair) <= limit, is: true)
                    }
                }
            }
            return Rule("ibv_create_qp", "\(size.name) above \(size.limitName)", "EINVAL", "ibv_create_qp(3); IBA 11.2.4.1", choice: numbers, cases)
        }
    }

    /// The device does not tell this limit: programs double what they ask for until it is refused.
    private static var inlineSize: Rule {
        Rule(
            "ibv_create_qp", "max_inline_data doubled again and again", "EINVAL in the end; the largest that was granted works", "ibv_create_qp(3)",
            Kind.allCases.map { kind in
                Case(coordinates: "\(kind)") { bench in
                    let (domain, queue) = (try bench.domain(), try bench.queue())
                    var plan = PairPlan(kind)
                    var largest: Pair?
                    plan.inlineBytes = 16
                    while plan.inlineBytes <= 1 << 20, let pair = try? Pair(domain, send: queue, receive: queue, plan) {
                        largest = bench.keep(pair)
                        plan.inlineBytes *= 2
                    }
                    try expect("refused below a mebibyte", plan.inlineBytes <= 1 << 20, is: true)
                    try expectRefused(EINVAL) { _ = try bench.pair(domain, queue, nil, plan) }
                    let granted = largest?.granted.max_inline_data ?? 0
                    try expect("granted what was asked for", granted >= plan.inlineBytes / 2, is: true)
                }
            })
    }

    // MARK: Completion queues and shared receive queues

    private static var completionEntries: Rule {
        let spots: [(String, (Device) -> Int32, Bool)] = [
            ("1", { _ in 1 }, true), ("2", { _ in 2 }, true), ("100", { _ in 100 }, true), ("max_cqe", { $0.limits.max_cqe }, true),
            ("max_cqe + 1", { $0.limits.max_cqe + 1 }, false), ("0", { _ in 0 }, false), ("-1", { _ in -1 }, false),
            ("the largest int", { _ in .max }, false), ("the smallest int", { _ in .min }, false),
        ]
        let cases = spots.map { words, value, works in
            Case(coordinates: words) { bench in
                let entries = value(bench.device)
                if !works { return try expectRefused(EINVAL) { _ = try bench.queue(entries) } }
                try expect("cqe at least \(entries)", try bench.queue(entries).capacity >= Int(entries), is: true)
            }
        }
        return Rule("ibv_create_cq", "cqe below 1 or above max_cqe", "EINVAL", "ibv_create_cq(3); IBA 11.2.8.1", choice: numbers, cases)
    }

    private static var completionVectors: Rule {
        let cases = [-1, 0, 1, 2, 3, 4, 5, 1000].map { (vector: Int32) in
            Case(coordinates: "\(vector)") { bench in
                let works = unsafe vector >= 0 && vector < bench.device.context.pointee.num_comp_vectors
                if !works { return try expectRefused(EINVAL) { _ = bench.keep(try Queue(bench.device, entries: 4, vector: vector)) } }
                _ = bench.keep(try Queue(bench.device, entries: 4, vector: vector))
            }
        }
        return Rule("ibv_create_cq", "comp_vector below 0, or not below num_comp_vectors", "EINVAL", "ibv_create_cq(3)", cases)
    }

    private static var sharedSizes: Rule {
        let spots: [(String, (Device) -> UInt32, (Device) -> UInt32, Bool)] = [
            ("1 request, 1 element", { _ in 1 }, { _ in 1 }, true), ("7 requests, 3 elements", { _ in 7 }, { _ in 3 }, true),
            ("max_srq_wr", { UInt32($0.limits.max_srq_wr) }, { _ in 1 }, true),
            ("max_srq_sge", { _ in 4 }, { UInt32($0.limits.max_srq_sge) }, true),
            ("max_srq_wr + 1", { UInt32($0.limits.max_srq_wr) + 1 }, { _ in 1 }, false),
            ("max_srq_sge + 1", { _ in 4 }, { UInt32($0.limits.max_srq_sge) + 1 }, false),
            ("no requests", { _ in 0 }, { _ in 1 }, false), ("all bits", { _ in .max }, { _ in 1 }, false),
        ]
        let cases = spots.map { words, requests, elements, works in
            Case(coordinates: words) { bench in
                let domain = try bench.domain()
                let (wanted, pieces) = (requests(bench.device), elements(bench.device))
                if !works { return try expectRefused(EINVAL) { _ = try bench.shared(domain, requests: wanted, elements: pieces) } }
                let queue = try bench.shared(domain, requests: wanted, elements: pieces)
                try expect("granted at least that", queue.granted.max_wr >= wanted && queue.granted.max_sge >= pieces, is: true)
                let seen = try queue.query()
                try expect("ibv_query_srq", [seen.max_wr, seen.max_sge], is: [queue.granted.max_wr, queue.granted.max_sge])
                let region = try bench.region(domain)
                for index in 0..<queue.granted.max_wr {
                    try expect("receive \(index)", code: queue.postReceive(UInt64(index), [region.piece(0, 8)]), is: 0)
                }
                try expect("one more", code: queue.postReceive(0, [region.piece(0, 8)]), is: ENOMEM)
            }
        }
        return Rule("ibv_create_srq", "max_wr 0 or above max_srq_wr, max_sge above max_srq_sge", "EINVAL; ENOMEM for a receive more than granted", "ibv_create_srq(3); IBA 11.2.6.1", choice: numbers, cases)
    }

    // MARK: Messages

    private static var messageBytes: Rule {
        let cases = [Kind.reliable, .unreliable].flatMap { kind in
            [Opcode.send, .write].map { opcode in
                Case(coordinates: "\(kind) \(opcode)") { bench in
                    let domain = try bench.domain()
                    let queue = try bench.queue()
                    let memory = bench.memory(pages: 1)
                    // One page named again and again would do, were its pieces not limited by their region: sixteen mebibytes.
                    let large = bench.memory(pages: 20_000)
                    let region = bench.keep(try Region(domain, large, access: .all))
                    var plan = PairPlan(kind)
                    plan.sendElements = UInt32(bench.device.limits.max_sge)
                    let pair = try bench.pair(domain, queue, nil, plan)
                    var ladder = Ladder()
                    ladder.peer = pair.number
                    try ladder.climb(pair, to: .readyToSend)
                    let count = Int(bench.device.limits.max_sge)
                    try expect("the pieces sum up to more than max_msg_sz", count * large.count > Int(bench.device.port.max_msg_sz), is: true)
                    var request = Send(opcode, [Element](repeating: region.piece(0, large.count), count: count))
                    request.remoteAddress = memory.address
                    try expect("ibv_post_send", code: pair.postSend(request), is: 0)
                    try expect("status", try queue.take(1).map(\.status), is: [.localLength])
                    try expect("state", try pair.state(), is: kind == .reliable ? .error : .sendQueueError)
                }
            }
        }
        return Rule("message", "longer than the port's max_msg_sz", "LOC_LEN_ERR, nothing is sent", "IBA 9.7.2, 11.6.2", cases)
    }

    // MARK: Counts

    private static var counts: Rule {
        let kinds: [(String, (Device) -> Int32, (Bench, Domain) throws -> Object)] = [
            ("ibv_alloc_pd, max_pd", { $0.limits.max_pd - 1 }, { bench, _ in try Domain(bench.device) }),
            ("ibv_create_ah, max_ah", { $0.limits.max_ah }, { bench, domain in try Handle(domain, bench.device.path) }),
            ("ibv_create_srq, max_srq", { $0.limits.max_srq }, { bench, domain in try SharedQueue(domain, requests: 1) }),
            ("ibv_create_cq, max_cq", { $0.limits.max_cq }, { bench, domain in try Queue(bench.device, entries: 1) }),
            ("ibv_create_cq, max_cq, with an extended connection's target", { $0.limits.max_cq - 1 }, { bench, domain in
                try bench.oneTarget()
                return try Queue(bench.device, entries: 1)
            }),
            ("ibv_create_qp, max_qp", { $0.limits.max_qp }, { bench, domain in
                var plan = PairPlan(.reliable)
                (plan.sends, plan.receives, plan.sendElements, plan.receiveElements, plan.inlineBytes) = (1, 1, 1, 1, 0)
                let queue = try bench.sharedQueue()
                return try Pair(domain, send: queue, receive: queue, plan)
            }),
        ]
        let cases = kinds.map { words, limit, make in
            Case(coordinates: words) { bench in
                let domain = try bench.domain()
                var made: [Object] = []
                let count = Int(limit(bench.device))
                defer { for object in made { _ = object.destroy() } }
                while made.count < count { made.append(try make(bench, domain)) }
                try expectRefused(ENOMEM) { made.append(try make(bench, domain)) }
                try expect("destroying one", code: made.removeLast().destroy(), is: 0)
                made.append(try make(bench, domain))
            }
        }
        return Rule("objects of a device", "one more than its limit", "ENOMEM, until one is destroyed", "IBA 11.2.1.2; the man pages", choice: numbers, cases)
    }

    private static var tables: Rule {
        let cases = [0, 2, 255].map { (port: UInt8) in
            Case(coordinates: "port \(port)") { bench in
                var attributes = ibv_port_attr()
                try expect("ibv_query_port", code: unsafe ___ibv_query_port(bench.device.context, port, &attributes), is: EINVAL)
                var gid = ibv_gid()
                try expect("ibv_query_gid", code: unsafe ibv_query_gid(bench.device.context, port, 0, &gid), is: -1)
                var key: UInt16 = 0
                try expect("ibv_query_pkey", code: unsafe ibv_query_pkey(bench.device.context, port, 0, &key), is: -1)
            }
        } + [-1, 16, 17, 1000].map { (index: Int32) in
            Case(coordinates: "index \(index)") { bench in
                var gid = ibv_gid()
                try expect("ibv_query_gid", code: unsafe ibv_query_gid(bench.device.context, 1, index, &gid), is: -1)
                var key: UInt16 = 0
                try expect("ibv_query_pkey", code: unsafe ibv_query_pkey(bench.device.context, 1, index, &key), is: -1)
            }
        } + [
            Case(coordinates: "every GID and the P_Key that are there") { bench in
                for index in 0..<bench.device.port.gid_tbl_len {
                    var gid = ibv_gid()
                    try expect("GID \(index)", code: unsafe ibv_query_gid(bench.device.context, 1, index, &gid), is: 0)
                }
                var key: UInt16 = 0
                try expect("ibv_query_pkey", code: unsafe ibv_query_pkey(bench.device.context, 1, 0, &key), is: 0)
                try expect("the default partition", key, is: 0xffff)
            },
        ]
        return Rule("ibv_query_port, ibv_query_gid, ibv_query_pkey", "no such port, an index beyond gid_tbl_len or pkey_tbl_len", "EINVAL; -1", "their man pages", cases)
    }

    /// Something must be refused, with this number.
    private static func expectRefused(_ expected: Int32, _ body: () throws -> Void) throws {
        errno = 0
        do { try body() } catch let refused as Refused {
            return try expect(refused.function, code: refused.code, is: expected)
        }
        throw Mismatch(what: "the call", expected: ErrorName.of(expected), seen: "success")
    }
}
