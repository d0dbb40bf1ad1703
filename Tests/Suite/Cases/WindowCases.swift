// WindowCases.swift - memory windows of both types: binding, use, bounds, and every way in which they end.

import CVerbs
import Glibc

enum WindowCases {
    static var topic: Topic {
        Topic(
            name: "windows", title: "Memory windows",
            rules: [binding, bindingBounds, use, bounds, endings, owners, regions, invalidation, messages, types])
    }

    private static let rights: [Access] = [
        [], .remoteRead, .remoteWrite, .remoteAtomic, [.remoteRead, .remoteWrite, .remoteAtomic],
    ]
    private static let writing: Access = [.remoteWrite, .remoteAtomic]

    /// What the region must have: MW_BIND, and LOCAL_WRITE where the window lets peers write. Remote rights it needs none.
    private static var binding: Rule {
        let regions: [Access] = [[], .localWrite, .windowBind, [.localWrite, .windowBind], [.remoteRead, .windowBind]]
        let cases = [UInt32(1), 2].flatMap { type in
            regions.flatMap { region in
                rights.map { access in
                    Case(coordinates: "type \(type), region \(region), window \(access)") { bench in
                        let stage = try WindowStage(bench, region: region)
                        let works = region.contains(.windowBind) && (access.isDisjoint(with: writing) || region.contains(.localWrite))
                        try expect("status", try stage.bind(stage.window(type), access), is: [works ? .success : .windowBind])
                        try expect("state", try stage.target.state(), is: works ? .readyToSend : .error)
                    }
                }
            }
        }
        return Rule("binding", "each set of rights × each of the region", "SUCCESS where the region has MW_BIND, and LOCAL_WRITE where the window writes; else MW_BIND_ERR, ERR", "IBA 10.6.7.2.2, 11.6.2; ibv_bind_mw(3)", cases)
    }

    private static var bindingBounds: Rule {
        let places = [(0, 4096, true), (1, 4095, true), (4095, 1, true), (0, 4097, false), (4096, 1, false), (-1, 2, false)]
        let cases = [UInt32(1), 2].flatMap { type in
            places.map { offset, length, works in
                Case(coordinates: "type \(type), \(length) bytes at \(offset)") { bench in
                    let stage = try WindowStage(bench)
                    try expect("status", try stage.bind(stage.window(type), .remoteRead, offset, length), is: [works ? .success : .windowBind])
                }
            }
        }
        return Rule("binding", "bounds of the region", "SUCCESS within, else MW_BIND_ERR", "IBA 10.6.7.2.2", cases)
    }

    private static var use: Rule {
        let operations: [(Opcode, Access)] = [
            (.write, .remoteWrite), (.read, .remoteRead), (.compareAndSwap, .remoteAtomic), (.fetchAndAdd, .remoteAtomic),
        ]
        let cases = [UInt32(1), 2].flatMap { type in
            rights.flatMap { access in
                operations.map { opcode, needed in
                    Case(coordinates: "type \(type), window \(access), \(opcode)") { bench in
                        let stage = try WindowStage(bench)
                        let window = try stage.bound(type, access)
                        let works = access.contains(needed)
                        try expect("status", try stage.use(window.key, opcode), is: [works ? .success : .remoteAccess])
                    }
                }
            }
        }
        return Rule("a window's key", "each set of its rights × each operation", "SUCCESS with the right, else REM_ACCESS_ERR", "IBA 10.6.7.2, 9.7.4.1.5", cases)
    }

    private static var bounds: Rule {
        let places = [(64, 64, true), (64, 1, true), (127, 1, true), (63, 1, false), (128, 1, false), (64, 65, false), (0, 8, false)]
        let cases = [UInt32(1), 2].flatMap { type in
            [Opcode.write, .read].flatMap { opcode in
                places.map { offset, length, works in
                    Case(coordinates: "type \(type), \(opcode), \(length) bytes at \(offset) of 64 to 127") { bench in
                        let stage = try WindowStage(bench)
                        let window = try stage.bound(type, [.remoteWrite, .remoteRead], 64, 64)
                        try expect("status", try stage.use(window.key, opcode, offset, length), is: [works ? .success : .remoteAccess])
                    }
                }
            }
        }
        return Rule("a window's key", "bounds of the window", "SUCCESS within, else REM_ACCESS_ERR", "IBA 10.6.7.2, 9.7.4.1.5", cases)
    }

    /// However a binding ends, its key is worth nothing afterwards.
    private static var endings: Rule {
        let ways = ["bound again", "bound to no bytes", "deallocated", "invalidated", "its queue pair destroyed"]
        // Type 1 is not invalidated, and belongs to no queue pair; type 2 is bound once before it is invalidated.
        let isOnlyOf: [String: UInt32] = ["bound again": 1, "bound to no bytes": 1, "invalidated": 2, "its queue pair destroyed": 2]
        let cases = [UInt32(1), 2].flatMap { type in
            ways.filter { isOnlyOf[$0] == nil || isOnlyOf[$0] == type }.map { way in
                Case(coordinates: "type \(type), \(way)") { bench in
                    let stage = try WindowStage(bench)
                    let window = try stage.bound(type)
                    let key = window.key
                    try expect("before", try stage.use(key), is: [.success])
                    switch way {
                    case "bound again": try expect("binding", try stage.bind(window, .remoteWrite, 8, 8), is: [.success])
                    case "bound to no bytes": try expect("binding", try stage.bind(window, .remoteWrite, 0, 0), is: [.success])
                    case "deallocated": try expect("ibv_dealloc_mw", code: window.destroy(), is: 0)
                    case "invalidated":
                        try expect("LOCAL_INV", code: Window.invalidate(key, by: stage.target, .localInvalidate), is: 0)
                        try expect("status", try stage.received.take(1).map(\.status), is: [.success])
                    default:
                        let other = try WindowStage(bench, domain: stage.domain)
                        try expect("ibv_destroy_qp", code: stage.target.destroy(), is: 0)
                        var request = Send(.write, [other.region.piece(0, 8)])
                        request.remoteAddress = stage.region.memory.address
                        request.remoteKey = key
                        try expect("ibv_post_send", code: other.initiator.postSend(request), is: 0)
                        return try expect("after", try other.sent.take(1).map(\.status), is: [.remoteAccess])
                    }
                    try expect("after", try stage.use(key), is: [.remoteAccess])
                }
            }
        }
        return Rule("a window's key", "after each way in which a binding ends", "REM_ACCESS_ERR", "IBA 10.6.7.2, 11.2.8.11", cases)
    }

    /// A type 1 window is its domain's, a type 2 window one queue pair's.
    private static var owners: Rule {
        let cases = [UInt32(1), 2].map { type in
            Case(coordinates: "type \(type)") { bench in
                let stage = try WindowStage(bench)
                let other = try WindowStage(bench, domain: stage.domain)
                let window = try stage.bound(type)
                try expect("its own queue pair", try stage.use(window.key), is: [.success])
                var request = Send(.write, [other.region.piece(0, 8)])
                request.remoteAddress = stage.region.memory.address
                request.remoteKey = window.key
                try expect("ibv_post_send", code: other.initiator.postSend(request), is: 0)
                try expect("another one", try other.sent.take(1).map(\.status), is: [type == 1 ? .success : .remoteAccess])
            }
        }
        return Rule("a window's key", "through another queue pair of the same domain", "type 1: SUCCESS; type 2: REM_ACCESS_ERR", "IBA 10.6.7.2.1, 10.6.7.2.3", cases)
    }

    private static var regions: Rule {
        let cases = [UInt32(1), 2].map { type in
            Case(coordinates: "type \(type)") { bench in
                let stage = try WindowStage(bench)
                let window = try stage.bound(type)
                try expect("ibv_dereg_mr", code: stage.region.destroy(), is: EBUSY)
                try expect("its key", try stage.use(window.key), is: [.success])
                try expect("ibv_dealloc_mw", code: window.destroy(), is: 0)
                try expect("ibv_dereg_mr", code: stage.region.destroy(), is: 0)
            }
        }
        return Rule("ibv_dereg_mr", "of a region with a bound window", "EBUSY until the window has gone", "IBA 10.6.7.2.6; ibv_dereg_mr(3)", cases)
    }

    private static var invalidation: Rule {
        let cases = ["type 1", "a region", "unbound", "another's"].map { what in
            Case(coordinates: what) { bench in
                let stage = try WindowStage(bench)
                let key: UInt32
                switch what {
                case "type 1": key = try stage.bound(1).key
                case "a region": key = stage.region.remoteKey
                case "unbound": key = try stage.window(2).key
                default:
                    let other = try WindowStage(bench, domain: stage.domain)
                    key = try other.bound(2).key
                }
                try expect("LOCAL_INV", code: Window.invalidate(key, by: stage.target, .localInvalidate), is: 0)
                try expect("status", try stage.received.take(1).map(\.status), is: [.windowBind])
                try expect("state", try stage.target.state(), is: .error)
            }
        }
        return Rule("LOCAL_INV", "of what is no type 2 window bound on this queue pair", "MW_BIND_ERR, ERR", "IBA 10.6.7.2.5, 11.6.2", choice: "the specification leaves the status open between this and LOC_QP_OP_ERR", cases)
    }

    private static var messages: Rule {
        let cases = ["its window", "a region", "type 1"].map { what in
            Case(coordinates: what) { bench in
                let stage = try WindowStage(bench)
                let key = what == "a region" ? stage.region.remoteKey : try stage.bound(what == "type 1" ? 1 : 2).key
                try expect("ibv_post_recv", code: stage.target.postReceive(9, [stage.region.piece(0, 64)]), is: 0)
                try expect("SEND_WITH_INV", code: Window.invalidate(key, by: stage.initiator, .sendWithInvalidate), is: 0)
                let works = what == "its window"
                try expect("sent", try stage.sent.take(1).map(\.status), is: [.success])
                let received = try stage.received.take(1)
                try expect("received", received.map(\.status), is: [works ? .success : .remoteInvalidRequest])
                try expect("state of the target", try stage.target.state(), is: works ? .readyToSend : .error)
                guard works else { return }
                try expect("invalidated key", received.map(\.immediate), is: [key.byteSwapped])
                try expect("IBV_WC_WITH_INV", received.map { $0.flags & 8 }, is: [8])
                try expect("its key", try stage.use(key), is: [.remoteAccess])
            }
        }
        return Rule("SEND_WITH_INV", "each kind of key", "the target's type 2 window: invalidated, and told with the receive; else the receive tells REM_INV_REQ_ERR, and the target goes to ERR", "IBA 9.4.1.1.3, 9.9.3 (class J)", cases)
    }

    private static var types: Rule {
        Rule("ibv_alloc_mw", "a type that is none", "EINVAL", "ibv_alloc_mw(3)", [UInt32(0), 3, 255].map { type in
            Case(coordinates: "type \(type)") { bench in
                var code: Int32 = 0
                do { _ = bench.keep(try Window(bench.domain(), type: type)) } catch let refused as Refused { code = refused.code }
                try expect("ibv_alloc_mw", code: code, is: EINVAL)
            }
        })
    }
}
