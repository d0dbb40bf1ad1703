// GroupCases.swift - multicast groups: who may be in one, and who gets a copy.

import CVerbs
import Glibc

enum GroupCases {
    static var topic: Topic {
        Topic(name: "groups", title: "Multicast groups", rules: [attachments, repetition, destruction, copies, ownCopies, limits])
    }

    private static func group(_ number: UInt8, first: UInt8 = 0xff) -> ibv_gid {
        var gid = ibv_gid()
        unsafe withUnsafeMutableBytes(of: &gid) { bytes in
            unsafe bytes[0] = first
            unsafe bytes[15] = number
        }
        return gid
    }

    private static let groupLID: UInt16 = 0xc005

    private static func attach(_ pair: Pair, _ gid: ibv_gid, _ lid: UInt16 = groupLID) -> Int32 {
        var gid = gid
        return unsafe ibv_attach_mcast(pair.pointer, &gid, lid)
    }

    private static func detach(_ pair: Pair, _ gid: ibv_gid, _ lid: UInt16 = groupLID) -> Int32 {
        var gid = gid
        return unsafe ibv_detach_mcast(pair.pointer, &gid, lid)
    }

    private static var attachments: Rule {
        let cases = Kind.allCases.flatMap { kind in
            [(0xff, true), (0xfe, false), (0x20, false)].map { (first: UInt8, isGroup: Bool) in
                Case(coordinates: "\(kind), an address that begins with \(String(first, radix: 16))") { bench in
                    let pair = try bench.pair(bench.domain(), bench.queue(), nil, PairPlan(kind))
                    let works = kind == .datagram && isGroup
                    try expect("ibv_attach_mcast", code: attach(pair, group(1, first: first)), is: works ? 0 : EINVAL)
                    try expect("ibv_detach_mcast", code: detach(pair, group(1, first: first)), is: works ? 0 : EINVAL)
                    try expect("again", code: detach(pair, group(1, first: first)), is: EINVAL)
                }
            }
        }
        return Rule("ibv_attach_mcast, ibv_detach_mcast", "each type × addresses of groups and others", "EINVAL unless the type is UD, the address a group's, and the queue pair in it that is taken out", "ibv_attach_mcast(3); IBA 10.5, 11.3.1", cases)
    }

    private static var repetition: Rule {
        Rule("ibv_attach_mcast", "of a queue pair that is in the group", "success; it still gets one copy, and one detachment ends it", "ibv_attach_mcast(3)") { bench in
            let stage = try Stage(bench, .datagram, .readyToSend)
            let other = try member(bench, stage)
            for _ in 0..<3 { try expect("ibv_attach_mcast", code: attach(other.pair, group(2)), is: 0) }
            for id in 1...3 as ClosedRange<UInt64> { try other.postReceive(id) }
            try send(stage, to: group(2), bench)
            try expect("copies", try other.queue.take(3, seconds: 1).map(\.id), is: [1])
            try expect("ibv_detach_mcast", code: detach(other.pair, group(2)), is: 0)
            try send(stage, to: group(2), bench)
            try expect("afterwards", try other.queue.poll()?.id, is: nil)
        }
    }

    private static var destruction: Rule {
        Rule("ibv_destroy_qp", "of a queue pair that is in a group", "EBUSY", "ibv_destroy_qp(3)") { bench in
            let pair = try bench.pair(bench.domain(), bench.queue(), nil, PairPlan(.datagram))
            try expect("ibv_attach_mcast", code: attach(pair, group(3)), is: 0)
            try expect("ibv_destroy_qp", code: pair.destroy(), is: EBUSY)
            try expect("ibv_detach_mcast", code: detach(pair, group(3)), is: 0)
            try expect("ibv_destroy_qp", code: pair.destroy(), is: 0)
        }
    }

    /// A queue pair in a group, of the stage's domain.
    private struct Member {
        let pair: Pair
        let queue: Queue
        let region: Region

        func postReceive(_ id: UInt64) throws {
            try expect("ibv_post_recv", code: pair.postReceive(id, [region.piece(0, 512)]), is: 0)
        }
    }

    private static func member(_ bench: Bench, _ stage: Stage, key: UInt32 = Ladder().queueKey, to state: State = .readyToReceive) throws -> Member {
        let queue = try bench.queue()
        let pair = try bench.pair(stage.domain, queue, nil, PairPlan(.datagram))
        var ladder = Ladder()
        ladder.queueKey = key
        try ladder.climb(pair, to: state)
        return Member(pair: pair, queue: queue, region: try bench.region(stage.domain))
    }

    private static func destination(_ stage: Stage, _ gid: ibv_gid, _ bench: Bench) throws -> Send.Destination {
        var path = bench.device.path
        path.is_global = 1
        path.dlid = groupLID
        path.grh.dgid = gid
        return Send.Destination(handle: try bench.handle(stage.domain, path), pair: 0xff_ffff, key: Ladder().queueKey)
    }

    private static func send(_ stage: Stage, to gid: ibv_gid, _ bench: Bench) throws {
        var request = stage.request(.send)
        request.datagram = try destination(stage, gid, bench)
        try expect("ibv_post_send", code: stage.pair.postSend(request), is: 0)
        try expect("sent", try stage.queue.take(1).map(\.status), is: [.success])
    }

    /// Who is in a group, and each reason to get nothing.
    private static var copies: Rule {
        let cases = ["one member", "five members", "no receive", "another key", "another group", "not ready"].map { what in
            Case(coordinates: what) { bench in
                let stage = try Stage(bench, .datagram, .readyToSend)
                let members = try (0..<(what == "five members" ? 5 : 1)).map { _ in
                    try member(bench, stage, key: what == "another key" ? 7 : Ladder().queueKey, to: what == "not ready" ? .initialized : .readyToReceive)
                }
                let gid = group(what == "another group" ? 5 : 4)
                for one in members {
                    try expect("ibv_attach_mcast", code: attach(one.pair, gid), is: 0)
                    if what != "no receive" { try one.postReceive(9) }
                }
                try send(stage, to: group(4), bench)
                let gets = what.hasSuffix("members") || what == "one member"
                for one in members {
                    let seen = try gets ? one.queue.take(1) : one.queue.poll().map { [$0] } ?? []
                    try expect("copies", seen.map(\.status), is: gets ? [.success] : [])
                    if gets { try expect("bytes", seen.map(\.bytes), is: [48]) }
                    if gets { try expect("global route header", seen.map { $0.flags & Completion.withGlobalRoute }, is: [1]) }
                    try expect("ibv_detach_mcast", code: detach(one.pair, gid), is: 0)
                }
                try expect("the sender's own", try stage.queue.poll()?.id, is: nil)
            }
        }
        return Rule("a datagram to a group", "each kind of member", "one copy each, with the global route header; none without a receive, with another queue key, or in a state that does not receive", "IBA 10.5.2, 9.8.3", cases)
    }

    private static var ownCopies: Rule {
        let choice = "adapters that loop multicast back do; Soft-RoCE sends it to the network only"
        let cases = [false, true].map { isBlocked in
            Case(coordinates: isBlocked ? "made with IBV_QP_CREATE_BLOCK_SELF_MCAST_LB" : "made without a flag") { bench in
                let flags = isBlocked ? IBV_QP_CREATE_BLOCK_SELF_MCAST_LB.rawValue : 0
                let stage = try Stage(bench, .datagram, .readyToSend, interface: .extended, flags: flags)
                let other = try member(bench, stage)
                for pair in [stage.pair, other.pair] { try expect("ibv_attach_mcast", code: attach(pair, group(6)), is: 0) }
                try other.postReceive(9)
                try expect("ibv_post_recv", code: stage.pair.postReceive(8, [stage.region.piece(512, 512)]), is: 0)
                var request = stage.request(.send)
                request.datagram = try destination(stage, group(6), bench)
                try expect("posting", code: stage.pair.postSend(request), is: 0)
                let seen = try stage.queue.take(isBlocked ? 1 : 2).map(\.status)
                try expect("sent, and its copy", seen, is: isBlocked ? [.success] : [.success, .success])
                try expect("the other's copy", try other.queue.take(1).map(\.id), is: [9])
                try expect("no more", try stage.queue.poll()?.id, is: nil)
                for pair in [stage.pair, other.pair] { try expect("ibv_detach_mcast", code: detach(pair, group(6)), is: 0) }
            }
        }
        return Rule("a datagram to a group", "that its sender is in", "a copy for the sender too, unless it was made with IBV_QP_CREATE_BLOCK_SELF_MCAST_LB", "IBA 10.5.2; ibv_create_qp_ex(3)", choice: choice, cases)
    }

    private static var limits: Rule {
        Rule("ibv_attach_mcast", "more groups than max_mcast_grp", "ENOMEM", "ibv_query_device(3)") { bench in
            let pair = try bench.pair(bench.domain(), bench.queue(), nil, PairPlan(.datagram))
            let count = Int(bench.device.limits.max_mcast_grp)
            func numbered(_ number: Int) -> ibv_gid {
                var gid = group(UInt8(number & 0xff))
                unsafe withUnsafeMutableBytes(of: &gid) { unsafe $0[8] = UInt8(number >> 8 + 1) }
                return gid
            }
            for number in 0..<count { try expect("group \(number)", code: attach(pair, numbered(number)), is: 0) }
            try expect("one more", code: attach(pair, numbered(count)), is: ENOMEM)
            for number in 0..<count { try expect("group \(number)", code: detach(pair, numbered(number)), is: 0) }
        }
    }
}
