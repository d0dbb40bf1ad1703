// PostingCases.swift - who may post what, in which state: opcode × kind × state, flags, lists.

import Glibc

enum PostingCases {
    static var topic: Topic {
        Topic(
            name: "posting", title: "Posting (`ibv_post_send`, `ibv_post_recv`, `ibv_post_srq_recv`)",
            rules: Kind.allCases.map(opcodes) + sendStates + [unknownOpcodes] + receiveStates
                + [sharedInstead, inlineOperations, unknownFlags, inlineSize, elementCounts, sendRoom, receiveRoom])
    }

    private static let source = "ibv_post_send(3); IBA 10.8.2, 11.4.1.1"

    /// The table of ibv_post_send(3). What needs a memory window is tried with the windows.
    private static func offers(_ kind: Kind, _ opcode: Opcode) -> Bool {
        switch opcode {
        case .send, .sendWithImmediate: true
        case .write, .writeWithImmediate, .localInvalidate, .bindWindow, .sendWithInvalidate: kind.isConnected
        case .read, .compareAndSwap, .fetchAndAdd, .atomicWrite: kind == .reliable
        // No device capability announces segmentation.
        case .segmentation: false
        }
    }
    private static let moving: [Opcode] = [.send, .sendWithImmediate, .write, .writeWithImmediate, .read, .compareAndSwap, .fetchAndAdd, .atomicWrite]

    // MARK: Operations

    private static func opcodes(_ kind: Kind) -> Rule {
        let missing = Opcode.allCases.filter { !offers(kind, $0) }
        let cases = missing.flatMap { opcode in
            Transitions.states(kind).map { state in
                Case(coordinates: "\(kind) \(state) \(opcode)") { bench in
                    let stage = try Stage(bench, kind, state)
                    try expect("ibv_post_send", code: stage.pair.postSend(stage.request(opcode)), is: EINVAL)
                    try expect("completions", try stage.queue.poll()?.status, is: nil)
                    try expect("state", try stage.pair.state(), is: state)
                }
            }
        }
        return Rule("\(kind)", "an operation it does not have: \(missing.map(\.description).joined(separator: ", "))", "EINVAL in every state", source, cases)
    }

    private static var unknownOpcodes: Rule {
        let cases = Kind.allCases.flatMap { kind in
            [12, 13, 200, 255, 0x100, 0x102, UInt32.max].map { number in
                Case(coordinates: "\(kind) opcode \(number)") { bench in
                    let stage = try Stage(bench, kind, .readyToSend)
                    var request = stage.request(.send)
                    request.opcode = number
                    try expect("ibv_post_send", code: stage.pair.postSend(request), is: EINVAL)
                }
            }
        }
        return Rule("opcode", "that is none", "EINVAL", source, cases)
    }

    private enum Fate { case refused, done, held, flushed }

    private static var sendStates: [Rule] {
        let fates: [(State, Fate, String)] = [
            (.reset, .refused, "EINVAL"), (.initialized, .refused, "EINVAL"), (.readyToReceive, .refused, "EINVAL"),
            (.readyToSend, .done, "processed"), (.sendQueueDrained, .held, "taken, and processed when back in RTS"),
            (.sendQueueError, .flushed, "taken, WR_FLUSH_ERR"), (.error, .flushed, "taken, WR_FLUSH_ERR"),
        ]
        return fates.map { state, fate, answer in
            let cases = Kind.allCases.filter { Transitions.states($0).contains(state) }.flatMap { kind in
                moving.filter { offers(kind, $0) }.flatMap { opcode in
                    Interface.allCases.map { send(kind, state, opcode, fate, $0) }
                }
            }
            return Rule("a send in \(state)", "each operation that moves bytes", answer, "IBA 10.3.1, 10.8.2", cases)
        }
    }

    private static func send(_ kind: Kind, _ state: State, _ opcode: Opcode, _ fate: Fate, _ interface: Interface) -> Case {
        Case(coordinates: "\(kind) \(state) \(opcode) by \(interface.rawValue)") { bench in
            let stage = try Stage(bench, kind, state, interface: interface)
            if opcode.takesReceive, fate == .done || fate == .held {
                try expect("ibv_post_recv", code: stage.pair.postReceive(9, [stage.region.piece(2048, 128)]), is: 0)
            }
            let code = stage.pair.postSend(stage.request(opcode))
            try expect("ibv_post_send", code: code, is: fate == .refused ? EINVAL : 0)
            switch fate {
            case .refused: try expect("completions", try stage.queue.poll()?.status, is: nil)
            case .done: try stage.expectSuccess(opcode)
            case .held:
                try expect("completion while drained", try stage.queue.poll()?.status, is: nil)
                try expect("back to RTS", code: stage.pair.modify(stage.values(.readyToSend), Attribute.state.bit), is: 0)
                try stage.expectSuccess(opcode)
            case .flushed:
                let all = try stage.queue.take(1)
                try expect("status", all.map(\.status), is: [.flushed])
                try expect("wr_id", all.map(\.id), is: [1])
                try expect("state", try stage.pair.state(), is: state)
            }
        }
    }

    private static var receiveStates: [Rule] {
        State.allCases.map { state in
            let answer = state == .reset ? "EINVAL" : state == .error ? "taken, WR_FLUSH_ERR" : "taken"
            let cases = Kind.allCases.filter { Transitions.states($0).contains(state) }.map { kind in
                Case(coordinates: "\(kind) \(state)") { bench in
                    let stage = try Stage(bench, kind, state)
                    let code = stage.pair.postReceive(5, [stage.region.piece(0, 64)])
                    try expect("ibv_post_recv", code: code, is: state == .reset ? EINVAL : 0)
                    let all = state == .error ? try stage.queue.take(1) : []
                    try expect("completions", all.map(\.status), is: state == .error ? [.flushed] : [])
                    try expect("more completions", try stage.queue.poll()?.status, is: nil)
                }
            }
            return Rule("a receive in \(state)", "", answer, "IBA 10.3.1, 11.4.1.2", cases)
        }
    }

    private static var sharedInstead: Rule {
        Rule(
            "ibv_post_recv", "on a queue pair with a shared receive queue", "EINVAL", "ibv_post_recv(3); IBA 10.2.9.3",
            [Kind.reliable, .datagram].map { kind in
                Case(coordinates: "\(kind)") { bench in
                    let domain = try bench.domain()
                    let queue = try bench.queue()
                    var plan = PairPlan(kind)
                    plan.shared = try bench.shared(domain)
                    let pair = try bench.pair(domain, queue, nil, plan)
                    var ladder = Ladder()
                    ladder.peer = pair.number
                    try ladder.climb(pair, to: .readyToSend)
                    let region = try bench.region(domain)
                    try expect("ibv_post_recv", code: pair.postReceive(1, [region.piece(0, 64)]), is: EINVAL)
                }
            })
    }

    // MARK: Flags

    private static var inlineOperations: Rule {
        let cases = Kind.allCases.flatMap { kind in
            moving.filter { offers(kind, $0) }.map { opcode in
                Case(coordinates: "\(kind) \(opcode)") { bench in
                    let stage = try Stage(bench, kind, .readyToSend)
                    let carries = opcode.isSend || opcode.isWrite || opcode == .atomicWrite
                    if opcode.takesReceive { _ = stage.pair.postReceive(9, [stage.region.piece(2048, 128)]) }
                    var request = stage.request(opcode)
                    request.flags |= SendFlag.inline
                    // The local key of inline data is not looked at.
                    if carries { for index in request.elements.indices { request.elements[index].key = 0xbad } }
                    try expect("ibv_post_send", code: stage.pair.postSend(request), is: carries ? 0 : EINVAL)
                    if carries { try stage.expectSuccess(opcode) }
                }
            }
        }
        return Rule("SEND_INLINE", "with each operation", "SEND and RDMA_WRITE, whatever the local key; EINVAL with the others", "ibv_post_send(3)", cases)
    }

    private static var inlineSize: Rule {
        let cases = Kind.allCases.flatMap { kind in
            [0, 1, 64, 65, 128, 1024, 4096].map { (length: Int) in
                Case(coordinates: "\(kind) \(length) bytes of 64") { bench in
                    let stage = try Stage(bench, kind, .readyToSend)
                    let fits = length <= Int(stage.pair.granted.max_inline_data)
                    _ = stage.pair.postReceive(9, [stage.region.piece(2048, 2048)])
                    var request = stage.request(.send)
                    request.flags |= SendFlag.inline
                    request.elements = [stage.region.piece(0, length)]
                    try expect("ibv_post_send", code: stage.pair.postSend(request), is: fits ? 0 : EINVAL)
                    try expect("completions", try stage.queue.take(fits ? 2 : 0).map(\.status), is: fits ? [.success, .success] : [])
                }
            }
        }
        return Rule("SEND_INLINE", "more than max_inline_data", "EINVAL", "ibv_create_qp(3)", cases)
    }

    private static var unknownFlags: Rule {
        let cases = Kind.allCases.flatMap { kind in
            [5, 6, 7, 8, 16, 30, 31].map { (bit: UInt32) in
                Case(coordinates: "\(kind) bit \(bit)") { bench in
                    let stage = try Stage(bench, kind, .readyToSend)
                    var request = stage.request(.send)
                    request.flags |= 1 << bit
                    try expect("ibv_post_send", code: stage.pair.postSend(request), is: EINVAL)
                }
            }
        }
        return Rule("send_flags", "a bit without a name", "EINVAL", source, choice: "adapters ignore them; a mistake is told here", cases)
    }

    // MARK: Lists and room

    private static var elementCounts: Rule {
        let cases = Kind.allCases.flatMap { kind in
            [-1, 0, 1, 4, 5, 1000, Int32.max, Int32.min].map { count in
                Case(coordinates: "\(kind) num_sge \(count) of 4") { bench in
                    let stage = try Stage(bench, kind, .readyToSend)
                    let fits = count >= 0 && count <= 4
                    var elements = [Element](repeating: stage.region.piece(0, 8), count: 5)
                    let received = stage.pair.postReceive(9, [stage.region.piece(2048, 1024)])
                    try expect("ibv_post_recv", code: received, is: 0)
                    var request = stage.request(.send)
                    request.elements = elements
                    request.elementCount = count
                    try expect("ibv_post_send", code: stage.pair.postSend(request), is: fits ? 0 : EINVAL)
                    let all = try stage.queue.take(fits ? 2 : 0)
                    try expect("completions", all.map(\.status), is: fits ? [.success, .success] : [])
                    elements = [Element](repeating: stage.region.piece(2048, 8), count: 5)
                    try expect("ibv_post_recv", code: stage.pair.postReceive(7, elements, count: count), is: fits ? 0 : EINVAL)
                }
            }
        }
        return Rule("num_sge", "below 0 or above max_send_sge, max_recv_sge", "EINVAL", source, cases)
    }

    private static var sendRoom: Rule {
        let cases = Kind.allCases.flatMap { kind in
            [1, 5, 16, 64].map { (size: UInt32) in
                Case(coordinates: "\(kind) \(size) sends") { bench in
                    let stage = try Stage(bench, kind, .sendQueueDrained, sends: size)
                    let room = Int(stage.pair.granted.max_send_wr)
                    for index in 0..<room {
                        try expect("send \(index) of \(room)", code: stage.pair.postSend(stage.request(.send)), is: 0)
                    }
                    try expect("one more", code: stage.pair.postSend(stage.request(.send)), is: ENOMEM)
                    var values = stage.values(.error)
                    values.qp_state.rawValue = State.error.rawValue
                    try expect("to ERR", code: stage.pair.modify(values, Attribute.state.bit), is: 0)
                    try expect("flushed", try stage.queue.take(room).filter { $0.status == .flushed }.count, is: room)
                    try expect("room again after polling", code: stage.pair.postSend(stage.request(.send)), is: 0)
                }
            }
        }
        return Rule("ibv_post_send", "more than the max_send_wr granted, not yet polled", "ENOMEM", "ibv_create_qp(3)", choice: "adapters give ENOMEM too; the specification names no number", cases)
    }

    private static var receiveRoom: Rule {
        let cases = Kind.allCases.flatMap { kind in
            [1, 5, 16, 64].map { (size: UInt32) in
                Case(coordinates: "\(kind) \(size) receives") { bench in
                    let stage = try Stage(bench, kind, .initialized, receives: size)
                    let room = Int(stage.pair.granted.max_recv_wr)
                    for index in 0..<room {
                        try expect("receive \(index) of \(room)", code: stage.pair.postReceive(UInt64(index), [stage.region.piece(0, 8)]), is: 0)
                    }
                    try expect("one more", code: stage.pair.postReceive(1, [stage.region.piece(0, 8)]), is: ENOMEM)
                    try expect("to ERR", code: stage.pair.modify(stage.values(.error), Attribute.state.bit), is: 0)
                    let all = try stage.queue.take(room)
                    try expect("flushed in order", all.map(\.id), is: (0..<room).map(UInt64.init))
                    try expect("all flushed", all.allSatisfy { $0.status == .flushed }, is: true)
                }
            }
        }
        return Rule("ibv_post_recv", "more than the max_recv_wr granted", "ENOMEM; flushed in order in ERR", "ibv_create_qp(3); IBA 10.3.1.7", cases)
    }
}
