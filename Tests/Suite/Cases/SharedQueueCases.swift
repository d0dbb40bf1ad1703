// SharedQueueCases.swift - shared receive queues: who may use them, whose keys count, order, and their limit.

import CVerbs
import Glibc

enum SharedQueueCases {
    static var topic: Topic {
        Topic(
            name: "shared", title: "Shared receive queues",
            rules: [limitEvent, limitRange, unknownAttributes, order, domains, kinds, survival])
    }

    private static let limitBit: Int32 = 2

    /// Every limit below so many posted receives: the event comes with the message that leaves fewer, and once.
    private static var limitEvent: Rule {
        let cases = [4, 8].flatMap { posted in
            (1...posted).map { limit in
                Case(coordinates: "\(posted) posted, limit \(limit)") { bench in
                    let trio = try Trio(bench)
                    for index in 0..<posted { try trio.postReceive(UInt64(index)) }
                    try expect("ibv_modify_srq", code: trio.shared.modify(limitBit, limit: UInt32(limit)), is: 0)
                    try expect("srq_limit", try trio.shared.query().srq_limit, is: UInt32(limit))
                    for left in (0..<posted).reversed() {
                        try trio.send(0)
                        try expect("events with \(left) left", bench.events(), is: left == limit - 1 ? [.sharedLimit] : [])
                    }
                    try expect("srq_limit after the event", try trio.shared.query().srq_limit, is: 0)
                }
            }
        }
        return Rule("ibv_modify_srq", "SRQ_LIMIT", "SRQ_LIMIT_REACHED once, when fewer are left; then the limit is 0", "ibv_modify_srq(3); IBA 10.2.9.1", cases)
    }

    private static var limitRange: Rule {
        let cases = [0, 1, 16, 17, 1000].map { (limit: UInt32) in
            Case(coordinates: "limit \(limit)") { bench in
                let shared = try bench.shared(bench.domain(), requests: 16)
                let works = limit <= shared.granted.max_wr
                try expect("ibv_modify_srq", code: shared.modify(limitBit, limit: limit), is: works ? 0 : EINVAL)
                try expect("srq_limit", try shared.query().srq_limit, is: works ? limit : 0)
            }
        }
        return Rule("ibv_modify_srq", "a limit above max_wr", "EINVAL, nothing changes", "IBA 11.2.6.3", cases)
    }

    private static var unknownAttributes: Rule {
        Rule(
            "ibv_modify_srq", "an attribute that is none", "EINVAL", "ibv_modify_srq(3)",
            [4, 8, Int32.min].map { mask in
                Case(coordinates: "mask \(mask)") { bench in
                    let shared = try bench.shared(bench.domain())
                    try expect("ibv_modify_srq", code: shared.modify(mask, limit: 1), is: EINVAL)
                }
            })
    }

    private static var order: Rule {
        let cases = [1, 2, 3].map { (count: Int) in
            Case(coordinates: "\(count) queue pairs in turn") { bench in
                let trio = try Trio(bench, pairs: count)
                for index in 0..<12 { try trio.postReceive(UInt64(index)) }
                for index in 0..<12 {
                    let received = try trio.send(index % count)
                    try expect("wr_id", received.id, is: UInt64(index))
                    try expect("qp_num", received.pair, is: trio.targets[index % count].number)
                }
            }
        }
        return Rule("receives", "for several queue pairs", "taken in the order of posting, each told with the queue pair that took it", "IBA 10.2.9", cases)
    }

    /// The local keys of receives are of the shared queue's domain, remote keys of the queue pair's.
    private static var domains: Rule {
        let cases = [false, true].map { own in
            Case(coordinates: "buffer of the \(own ? "shared queue" : "queue pair")'s domain") { bench in
                let trio = try Trio(bench, otherDomain: true)
                let region = own ? try bench.region(trio.sharedDomain) : trio.region
                try expect("posting", code: trio.shared.postReceive(1, [region.piece(0, 64)]), is: 0)
                try expect("ibv_post_send", code: trio.initiators[0].postSend(Send(.send, [trio.region.piece(0, 8)])), is: 0)
                try expect("sent", try trio.sent.take(1).map(\.status), is: [own ? .success : .remoteOperation])
                try expect("received", try trio.received.take(1).map(\.status), is: [own ? .success : .localProtection])
            }
        }
        return Rule("receives", "where the shared queue has another domain than its queue pair", "the shared queue's counts: SUCCESS, else LOC_PROT_ERR and REM_OP_ERR", "IBA 10.2.9.3, 10.6.3.4", cases)
    }

    private static var kinds: Rule {
        Rule(
            "ibv_create_qp", "with a shared receive queue, of another type than RC or UD", "EINVAL", "ibv_create_qp(3)",
            Kind.allCases.map { kind in
                Case(coordinates: "\(kind)") { bench in
                    let domain = try bench.domain()
                    var plan = PairPlan(kind)
                    plan.shared = try bench.shared(domain)
                    errno = 0
                    var code: Int32 = 0
                    do { _ = try bench.pair(domain, bench.queue(), nil, plan) } catch let refused as Refused { code = refused.code }
                    try expect("ibv_create_qp", code: code, is: kind == .unreliable ? EINVAL : 0)
                }
            })
    }

    private static var survival: Rule {
        Rule("receives", "when one of the queue pairs goes to ERR", "they stay for the others; QP_LAST_WQE_REACHED", "IBA 10.2.9.2, 11.6.3.1") { bench in
            let trio = try Trio(bench, pairs: 2)
            for index in 0..<4 { try trio.postReceive(UInt64(index)) }
            var values = Ladder().attributes(bench.device)
            values.qp_state.rawValue = State.error.rawValue
            try expect("to ERR", code: trio.targets[0].modify(values, Attribute.state.bit), is: 0)
            try expect("events", bench.events(), is: [.lastRequest])
            try expect("flushed", try trio.received.poll()?.id, is: nil)
            try expect("taken by the other", try trio.send(1).id, is: 0)
        }
    }
}
