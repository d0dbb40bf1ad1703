// QueueCases.swift - completion queues: order, notification, overrun, flushing; address handles.

import CVerbs
import Glibc

enum QueueCases {
    static var topic: Topic {
        Topic(
            name: "queues", title: "Completions, notifications and flushing",
            rules: [notification, oneShot, late, signalling, batch, flushOrder, heldOrder, receiveFlush, overrun, handles])
    }

    // MARK: Notification

    private enum Arm: String, CaseIterable { case not, next, solicited }
    private enum What: String, CaseIterable { case send, receive, solicitedReceive, error }

    private static var notification: Rule {
        let cases = Arm.allCases.flatMap { arm in
            What.allCases.map { what in
                Case(coordinates: "armed: \(arm.rawValue), completion: \(what.rawValue)") { bench in
                    let duo = try Duo(bench)
                    let watched = what == .send ? duo.sent : duo.received
                    if arm != .not { try expect("ibv_req_notify_cq", code: watched.arm(solicitedOnly: arm == .solicited), is: 0) }
                    try duo.complete(solicited: what == .solicitedReceive, fails: what == .error)
                    let expected = arm == .next || arm == .solicited && (what == .solicitedReceive || what == .error)
                    try expect("event", duo.channel.takesEvent(of: watched), is: expected)
                    try expect("a second event", duo.channel.takesEvent(of: watched), is: false)
                    if expected { watched.acknowledge(1) }
                }
            }
        }
        return Rule("ibv_req_notify_cq", "for any completion; for solicited ones and errors; not at all", "one event when such a completion comes", "ibv_req_notify_cq(3); IBA 11.4.2.2", cases)
    }

    private static var oneShot: Rule {
        Rule("ibv_req_notify_cq", "once, and several completions", "one event; the next after it is armed again", "ibv_req_notify_cq(3)") { bench in
            let duo = try Duo(bench)
            for _ in 0..<3 {
                try expect("ibv_req_notify_cq", code: duo.received.arm(solicitedOnly: false), is: 0)
                for _ in 0..<3 { try duo.complete() }
                try expect("event", duo.channel.takesEvent(of: duo.received), is: true)
                try expect("a second", duo.channel.takesEvent(of: duo.received), is: false)
                duo.received.acknowledge(1)
            }
        }
    }

    private static var late: Rule {
        Rule("ibv_req_notify_cq", "when completions wait already", "no event for those", "ibv_get_cq_event(3)") { bench in
            let duo = try Duo(bench)
            try duo.complete()
            try expect("ibv_req_notify_cq", code: duo.received.arm(solicitedOnly: false), is: 0)
            try expect("event", duo.channel.takesEvent(of: duo.received), is: false)
            try duo.complete()
            try expect("event of a new one", duo.channel.takesEvent(of: duo.received), is: true)
            duo.received.acknowledge(1)
        }
    }

    // MARK: Which completions come, and in what order

    private static var signalling: Rule {
        let cases = Kind.allCases.flatMap { kind in
            [false, true].flatMap { all in
                [false, true].map { flagged in
                    Case(coordinates: "\(kind) sq_sig_all \(all), SEND_SIGNALED \(flagged)") { bench in
                        let duo = try Duo(bench, kind) { $0.signalsAll = all }
                        try expect("receive", code: duo.target.postReceive(7, [duo.region.piece(4096, 1024)]), is: 0)
                        var request = duo.request(.send, id: 3)
                        if !flagged { request.flags = 0 }
                        try expect("ibv_post_send", code: duo.initiator.postSend(request), is: 0)
                        try expect("received", try duo.received.take(1).map(\.status), is: [.success])
                        try expect("send completions", try duo.sent.take(all || flagged ? 1 : 0).map(\.id), is: all || flagged ? [3] : [])
                        try expect("more", try duo.sent.poll()?.id, is: nil)
                    }
                }
            }
        }
        return Rule("completion of a send", "with and without SEND_SIGNALED, sq_sig_all", "where either asks for it; a request in error always", "ibv_post_send(3); IBA 10.8.4", cases)
    }

    private static var batch: Rule {
        let cases = Kind.allCases.map { kind in
            Case(coordinates: "\(kind)") { bench in
                let duo = try Duo(bench, kind)
                for index in 0..<12 {
                    try expect("receive", code: duo.target.postReceive(UInt64(100 + index), [duo.region.piece(4096, 1024)]), is: 0)
                    try expect("send", code: duo.initiator.postSend(duo.request(.send, id: UInt64(index))), is: 0)
                }
                try expect("sends", try duo.sent.take(12).map(\.id), is: (0..<12).map { UInt64($0) })
                try expect("receives", try duo.received.take(12).map(\.id), is: (100..<112).map { UInt64($0) })
            }
        }
        return Rule("ibv_poll_cq", "many completions", "in the order of posting on each queue", "IBA 10.8.3, 10.8.5", cases)
    }

    /// The request at each place fails in turn: those before succeed, those behind are flushed.
    private static var flushOrder: Rule {
        let cases = Kind.allCases.flatMap { kind in
            (0..<5).map { bad in
                Case(coordinates: "\(kind), request \(bad) of 5 fails") { bench in
                    let duo = try Duo(bench, kind)
                    for index in 0..<5 {
                        _ = duo.target.postReceive(UInt64(index), [duo.region.piece(4096, 1024)])
                        var request = duo.request(.send, id: UInt64(index))
                        if index == bad { request.elements[0].key ^= 0x77 }
                        try expect("ibv_post_send", code: duo.initiator.postSend(request), is: 0)
                    }
                    let all = try duo.sent.take(5)
                    try expect("order", all.map(\.id), is: [0, 1, 2, 3, 4])
                    let expected: [Status] = (0..<5).map { $0 < bad ? .success : $0 == bad ? .localProtection : .flushed }
                    try expect("statuses", all.map(\.status), is: expected)
                    try expect("received", try duo.received.take(bad).map(\.status), is: [Status](repeating: .success, count: bad))
                    try expect("more received", try duo.received.poll()?.status, is: nil)
                }
            }
        }
        return Rule("a send in error", "among others", "those before it succeed, those behind it WR_FLUSH_ERR, in order", "IBA 9.9.2.4, 10.8.6", cases)
    }

    private static var heldOrder: Rule {
        let cases = Kind.allCases.flatMap { kind in
            [State.readyToSend, .error, .reset].map { next in
                Case(coordinates: "\(kind) SQD to \(next)") { bench in
                    let duo = try Duo(bench, kind)
                    try expect("to SQD", code: duo.move(.sendQueueDrained), is: 0)
                    for index in 0..<6 {
                        _ = duo.target.postReceive(UInt64(index), [duo.region.piece(4096, 1024)])
                        try expect("ibv_post_send", code: duo.initiator.postSend(duo.request(.send, id: UInt64(index))), is: 0)
                    }
                    try expect("while drained", try duo.sent.poll()?.id, is: nil)
                    try expect("to \(next)", code: duo.move(next), is: 0)
                    let count = next == .reset ? 0 : 6
                    let all = try duo.sent.take(count)
                    try expect("order", all.map(\.id), is: (0..<UInt64(count)).map { $0 })
                    try expect("statuses", all.map(\.status), is: [Status](repeating: next == .error ? .flushed : .success, count: count))
                    try expect("received", try duo.received.take(next == .readyToSend ? 6 : 0).count, is: next == .readyToSend ? 6 : 0)
                    try expect("more", try duo.sent.poll()?.id, is: nil)
                }
            }
        }
        return Rule("sends posted in SQD", "then RTS, ERR, RESET", "processed in order; flushed in order; forgotten", "IBA 10.3.1.5, 10.3.1.1", cases)
    }

    private static var receiveFlush: Rule {
        let cases = Kind.allCases.flatMap { kind in
            [State.error, .reset].map { next in
                Case(coordinates: "\(kind) to \(next)") { bench in
                    let duo = try Duo(bench, kind)
                    for index in 0..<6 { _ = duo.initiator.postReceive(UInt64(index), [duo.region.piece(4096, 1024)]) }
                    try expect("to \(next)", code: duo.move(next), is: 0)
                    let count = next == .error ? 6 : 0
                    // The initiator's receives complete where its sends do.
                    let all = try duo.sent.take(count)
                    try expect("order", all.map(\.id), is: (0..<UInt64(count)).map { $0 })
                    try expect("statuses", all.allSatisfy { $0.status == .flushed }, is: true)
                    try expect("more", try duo.sent.poll()?.id, is: nil)
                }
            }
        }
        return Rule("posted receives", "when the queue pair goes to ERR, RESET", "WR_FLUSH_ERR in order; forgotten", "IBA 10.3.1.7, 10.3.1.1", cases)
    }

    private static var overrun: Rule {
        Rule("completion queue", "more completions than it holds", "CQ_ERR; polling what it held still works or fails, and never blocks", "ibv_poll_cq(3); IBA 11.6.3.2", choice: "queue pairs that need it go to ERR with QP_FATAL") { bench in
            let domain = try bench.domain()
            let small = try bench.queue(1)
            let other = try bench.queue(256)
            var plan = PairPlan(.reliable)
            plan.sends = 128
            let pair = try bench.pair(domain, small, other, plan)
            var ladder = Ladder()
            ladder.peer = pair.number
            try ladder.climb(pair, to: .readyToSend)
            let region = try bench.region(domain)
            for index in 0...min(small.capacity, 100) {
                var request = Send(.write, id: UInt64(index), [region.piece(0, 8)])
                request.remoteAddress = region.memory.address + 64
                request.remoteKey = region.remoteKey
                _ = pair.postSend(request)
            }
            let events = bench.events()
            try expect("CQ_ERR among \(events)", events.contains(.queueError), is: true)
            try expect("state", try pair.state(), is: .error)
        }
    }

    // MARK: Address handles

    private static var handles: Rule {
        let spots: [(String, (inout ibv_ah_attr) -> Void, Int32)] = [
            ("as it should be", { _ in }, 0), ("port 0", { $0.port_num = 0 }, EINVAL), ("port 2", { $0.port_num = 2 }, EINVAL),
            ("GID index 16", {
                $0.is_global = 1
                $0.grh.sgid_index = 16
            }, EINVAL),
        ]
        let cases = spots.map { words, set, expected in
            Case(coordinates: words) { bench in
                let domain = try bench.domain()
                var path = bench.device.path
                set(&path)
                errno = 0
                var code: Int32 = 0
                do { _ = try bench.handle(domain, path) } catch let refused as Refused { code = refused.code }
                try expect("ibv_create_ah", code: code, is: expected)
            }
        }
        return Rule("ibv_create_ah", "a port or a GID index that is not there", "EINVAL", "ibv_create_ah(3); IBA 11.2.2.1", cases)
    }
}
