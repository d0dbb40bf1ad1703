// ExtendedCases.swift - extended connections: their domains, both halves, and the shared receive queues that requests name.

import CVerbs
import Glibc

enum ExtendedCases {
    static var topic: Topic {
        Topic(
            name: "extended", title: "Extended connections (XRC)",
            rules: [
                opening, files, closing, queueCreation, queueNumber, targetPosting, opcodes, held, namedQueue, keys, noReceive, tooShort,
                openings, openedAndDestroyed,
            ])
    }

    private static let source = "IBA annex A14"

    /// errno of what was refused, 0 for what was made.
    private static func code(_ attempt: () throws -> Void) throws -> Int32 {
        do { try attempt() } catch let refused as Refused { return refused.code }
        return 0
    }

    private static var opening: Rule {
        let cases: [(String, Int32, Int32, UInt32, Int32)] = [
            ("own", -1, O_CREAT, 3, 0), ("no attribute", -1, O_CREAT, 0, EINVAL), ("descriptor alone", -1, O_CREAT, 1, EINVAL),
            ("flags alone", -1, O_CREAT, 2, EINVAL), ("a bit without a name", -1, O_CREAT, 7, EOPNOTSUPP),
            ("a descriptor that is none", 1_000_000, O_CREAT, 3, EBADF), ("other flags of open", -1, O_CREAT | O_APPEND, 3, EINVAL),
        ]
        return Rule(
            "ibv_open_xrcd", "each attribute missing or wrong", "EINVAL; EBADF for the descriptor, EOPNOTSUPP for an attribute that is none",
            "ibv_open_xrcd(3)",
            cases.map { words, descriptor, flags, mask, expected in
                Case(coordinates: words) { bench in
                    let seen = try code {
                        _ = try bench.keep(ExtendedDomain(bench.device, descriptor: descriptor, flags: flags, mask: mask))
                    }
                    try expect("ibv_open_xrcd", code: seen, is: expected)
                }
            })
    }

    /// Every pair of openings by one file.
    private static var files: Rule {
        let cases = [(false, 0, EAGAIN), (false, O_CREAT, 0), (false, O_CREAT | O_EXCL, 0), (true, 0, 0), (true, O_CREAT, 0), (true, O_CREAT | O_EXCL, EINVAL)]
        return Rule(
            "ibv_open_xrcd", "by a file, which has a domain or not, with each of O_CREAT and O_EXCL",
            "EAGAIN where there is none and none may be made; EINVAL where there is one and there must not be",
            "ibv_open_xrcd(3)", choice: "the kernel's numbers; the man page names none",
            cases.map { isThere, flags, expected in
                Case(coordinates: "\(isThere ? "there" : "not there"), flags \(flags)") { bench in
                    let descriptor = namelessFile()
                    defer { close(descriptor) }
                    if isThere { _ = try bench.keep(ExtendedDomain(bench.device, descriptor: descriptor)) }
                    let seen = try code {
                        _ = try bench.keep(ExtendedDomain(bench.device, descriptor: descriptor, flags: flags))
                    }
                    try expect("ibv_open_xrcd", code: seen, is: expected)
                }
            })
    }

    private static func namelessFile() -> Int32 {
        var name = "/tmp/extended-domain-XXXXXX".utf8CString.map { $0 }
        let descriptor = unsafe mkstemp(&name)
        unsafe unlink(name)
        return descriptor
    }

    private static var closing: Rule {
        Rule("ibv_close_xrcd", "while a receiving half or a shared receive queue stands on it", "EBUSY, and it works on", "ibv_open_xrcd(3)") { bench in
            let stage = try ExtendedStage(bench)
            try expect("with both", code: stage.extended.destroy(), is: EBUSY)
            try expect("ibv_destroy_qp", code: stage.target.destroy(), is: 0)
            try expect("with the queue", code: stage.extended.destroy(), is: EBUSY)
            try expect("ibv_destroy_srq", code: stage.shared.destroy(), is: 0)
            try expect("with neither", code: stage.extended.destroy(), is: 0)
        }
    }

    /// Type, domain, XRC domain and completion queue must each be named, or it is another kind of queue.
    private static var queueCreation: Rule {
        Rule(
            "ibv_create_srq_ex", "of type XRC, without each of its domain, XRC domain and completion queue", "EINVAL", "ibv_create_srq_ex(3)",
            [(UInt32(0xf), Int32(0)), (0xd, EINVAL), (0xb, EINVAL), (0x7, EINVAL), (0x4f, EOPNOTSUPP)].map { mask, expected in
                Case(coordinates: "comp_mask \(mask)") { bench in
                    var attributes = unsafe ibv_srq_init_attr_ex()
                    unsafe attributes.attr = ibv_srq_attr(max_wr: 4, max_sge: 1, srq_limit: 0)
                    unsafe attributes.comp_mask = mask
                    unsafe attributes.srq_type = IBV_SRQT_XRC
                    unsafe attributes.pd = unsafe try bench.domain().pointer
                    unsafe attributes.xrcd = unsafe try bench.extendedDomain().pointer
                    unsafe attributes.cq = unsafe try bench.queue().pointer
                    errno = 0
                    let made = unsafe ibv_create_srq_ex(bench.device.context, &attributes)
                    let seen = unsafe made == nil ? errno : ibv_destroy_srq(made)
                    try expect("ibv_create_srq_ex", code: seen, is: expected)
                }
            })
    }

    private static var queueNumber: Rule {
        Rule("ibv_get_srq_num", "of a queue that is not of type XRC", "EINVAL", "ibv_get_srq_num(3)") { bench in
            let plain = try bench.shared(bench.domain())
            try expect("ibv_get_srq_num", code: try code { _ = try plain.number() }, is: EINVAL)
        }
    }

    private static var targetPosting: Rule {
        Rule("XRC_SEND, XRC_RECV", "a receive on either half; a send on the receiving one", "EINVAL", source) { bench in
            let stage = try ExtendedStage(bench)
            let piece = stage.region.piece(0, 8)
            try expect("receive on the sending half", code: stage.initiator.postReceive(1, [piece]), is: EINVAL)
            try expect("receive on the receiving half", code: stage.target.postReceive(1, [piece]), is: EINVAL)
            try expect("send on the receiving half", code: stage.target.postSend(Send(.send, [piece])), is: EINVAL)
        }
    }

    private static let moving: [Opcode] = [.send, .sendWithImmediate, .write, .writeWithImmediate, .read, .compareAndSwap, .fetchAndAdd, .atomicWrite]

    private static var opcodes: Rule {
        let cases = [Interface.plain, .extended].flatMap { interface in
            moving.map { opcode in
                Case(coordinates: "\(opcode) by \(interface.rawValue)") { bench in
                    let stage = try ExtendedStage(bench, interface: interface)
                    if opcode.takesReceive { try stage.postReceive(7) }
                    try expect("sent", try stage.send(opcode), is: [.success])
                    guard opcode.takesReceive else { return try expect("received", try stage.received.poll()?.id, is: nil) }
                    let received = try stage.received.take(1)
                    try expect("received", received.map(\.status), is: [.success])
                    try expect("wr_id and qp_num", received.map { [$0.id, UInt64($0.pair)] }, is: [[7, UInt64(stage.target.number)]])
                    let told = received.map { $0.flags & Completion.withImmediate == 0 ? nil : $0.immediate }
                    try expect("immediate", told, is: [opcode == .send ? nil : 0x1234_5678])
                }
            }
        }
        return Rule("XRC_SEND", "each operation", "SUCCESS; received by the queue that is named, in its completion queue", source, cases)
    }

    private static var held: Rule {
        Rule("XRC_SEND", "a send in SQD", "taken, and processed when back in RTS", "IBA 10.3.1, annex A14", moving.filter(\.takesReceive).map { opcode in
            Case(coordinates: "\(opcode)") { bench in
                let stage = try ExtendedStage(bench)
                try stage.postReceive(7)
                try expect("to SQD", code: stage.move(stage.initiator, to: .sendQueueDrained), is: 0)
                try stage.post(opcode)
                try expect("completion while drained", try stage.sent.poll()?.status, is: nil)
                // The receiving half sends nothing: draining it stops no message.
                try expect("the receiving half to SQD", code: stage.move(stage.target, to: .sendQueueDrained), is: 0)
                try expect("back to RTS", code: stage.move(stage.initiator, to: .readyToSend), is: 0)
                try expect("sent", try stage.sent.take(1).map(\.status), is: [.success])
                try expect("received", try stage.received.take(1).map(\.id), is: [7])
            }
        })
    }

    private static func open(_ stage: ExtendedStage, number: UInt32, domain: ExtendedDomain, mask: UInt32, type: UInt32) -> UnsafeMutablePointer<ibv_qp>? {
        var attributes = unsafe ibv_qp_open_attr()
        unsafe attributes.comp_mask = mask
        unsafe attributes.qp_num = number
        unsafe attributes.xrcd = unsafe domain.pointer
        unsafe attributes.qp_type = ibv_qp_type(rawValue: type)
        errno = 0
        return unsafe ibv_open_qp(stage.bench.device.context, &attributes)
    }

    /// A second handle on a receiving half.
    private static var openings: Rule {
        let all: UInt32 = 1 | 2 | 8
        let cases: [(String, UInt32, UInt32, Int32)] = [
            ("as it must be", all, 10, 0), ("without its number", all & ~1, 10, EINVAL), ("without its domain", all & ~2, 10, EINVAL),
            ("without its type", all & ~8, 10, EINVAL), ("an attribute that is none", all | 16, 10, EOPNOTSUPP),
            ("as RC", all, 2, EINVAL), ("as XRC_SEND", all, 9, EINVAL), ("a number that none has", all, 10, EINVAL),
            ("of another domain", all, 10, EINVAL), ("the sending half's number", all, 10, EINVAL),
        ]
        return Rule(
            "ibv_open_qp", "each attribute missing or wrong", "EINVAL; EOPNOTSUPP for an attribute that is none", "ibv_open_qp(3)",
            cases.map { words, mask, type, expected in
                Case(coordinates: words) { bench in
                    let stage = try ExtendedStage(bench)
                    let domain = words == "of another domain" ? try bench.extendedDomain() : stage.extended
                    let number = switch words {
                    case "a number that none has": 0xff_fffe as UInt32
                    case "the sending half's number": stage.initiator.number
                    default: stage.target.number
                    }
                    let opened = unsafe open(stage, number: number, domain: domain, mask: mask, type: type)
                    let code = unsafe opened == nil ? errno : ibv_destroy_qp(opened)
                    try expect("ibv_open_qp", code: code, is: expected)
                }
            })
    }

    private static var openedAndDestroyed: Rule {
        Rule("ibv_destroy_qp", "of one of two handles on a receiving half", "the other goes on, and messages arrive", "ibv_open_qp(3); IBA annex A14",
            [true, false].map { firstGoes in
                Case(coordinates: firstGoes ? "the one that made it" : "the one that opened it") { bench in
                    let stage = try ExtendedStage(bench)
                    guard let opened = unsafe open(stage, number: stage.target.number, domain: stage.extended, mask: 1 | 2 | 8, type: 10) else {
                        throw Refused(function: "ibv_open_qp")
                    }
                    try expect("qp_num", unsafe opened.pointee.qp_num, is: stage.target.number)
                    try expect("one goes", code: firstGoes ? stage.target.destroy() : unsafe ibv_destroy_qp(opened), is: 0)
                    try stage.postReceive(7)
                    try expect("sent", try stage.send(.send), is: [.success])
                    try expect("received", try stage.received.take(1).map(\.id), is: [7])
                    if firstGoes { try expect("the other goes", code: unsafe ibv_destroy_qp(opened), is: 0) }
                }
            })
    }

    private static var namedQueue: Rule {
        let kinds = ["no such number", "destroyed", "not of type XRC", "of another XRC domain"]
        let cases = [Opcode.send, .write].flatMap { opcode in
            kinds.map { which in
                Case(coordinates: "\(opcode), \(which)") { bench in
                    let stage = try ExtendedStage(bench)
                    let other = which == "of another XRC domain" ? try bench.extendedDomain() : stage.extended
                    let queue = try bench.keep(SharedQueue(stage.domain, extended: other, completions: stage.received, requests: 4))
                    var number = try queue.number()
                    switch which {
                    case "no such number": number = 0xff_ffff
                    case "destroyed": try expect("ibv_destroy_srq", code: queue.destroy(), is: 0)
                    case "not of type XRC":
                        let plain = try bench.shared(stage.domain)
                        number = unsafe plain.pointer.pointee.handle
                        if try number == stage.shared.number() { number = 0xff_fffe }
                    default: break
                    }
                    try expect("sent", try stage.send(opcode, to: number), is: [.remoteInvalidRequest])
                    try expect("sending half", try stage.initiator.state(), is: .error)
                    try expect("receiving half", try stage.target.state(), is: .error)
                    let event = which == "of another XRC domain" ? Event.accessError : .requestError
                    try expect("events", bench.events().filter { $0 != .lastRequest }, is: [event])
                }
            }
        }
        return Rule(
            "XRC_SEND", "a shared receive queue that is none, destroyed, or of another XRC domain",
            "REM_INV_REQ_ERR, both halves in ERR; at the target QP_REQ_ERR, for another domain QP_ACCESS_ERR", source, cases)
    }

    /// The domain of the shared receive queue counts: a receiving half has none.
    private static var keys: Rule {
        let cases = [Opcode.write, .read, .fetchAndAdd, .atomicWrite].flatMap { opcode in
            [true, false].map { own in
                Case(coordinates: "\(opcode), key of \(own ? "the queue's" : "another") domain") { bench in
                    let stage = try ExtendedStage(bench)
                    let region = own ? stage.region : try bench.keep(Region(bench.domain(), stage.region.memory, access: .all))
                    try expect("sent", try stage.send(opcode, key: region.remoteKey), is: [own ? .success : .remoteAccess])
                }
            }
        }
        return Rule("XRC_SEND", "a remote key of another domain than the named queue's", "REM_ACCESS_ERR", source, cases)
    }

    private static var noReceive: Rule {
        Rule("XRC_SEND", "no receive posted to the queue that is named", "RNR_RETRY_EXC_ERR", source, [Opcode.send, .writeWithImmediate].map { opcode in
            Case(coordinates: "\(opcode)") { bench in
                try expect("sent", try ExtendedStage(bench).send(opcode), is: [.notReadyRetriesExceeded])
            }
        })
    }

    private static var tooShort: Rule {
        Rule("XRC_SEND", "a receive that is too short", "REM_INV_REQ_ERR; LOC_LEN_ERR in the queue's completion queue", source) { bench in
            let stage = try ExtendedStage(bench)
            try stage.postReceive(7, length: 4)
            try expect("sent", try stage.send(.send), is: [.remoteInvalidRequest])
            try expect("received", try stage.received.take(1).map(\.status), is: [.localLength])
        }
    }
}
