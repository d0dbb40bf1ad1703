// RegistrationCases.swift - registrations that change, that stand for nothing, and that are the device's own memory.

import CVerbs
import Glibc

enum RegistrationCases {
    static var topic: Topic {
        Topic(
            name: "registrations", title: "Reregistration, null and device memory",
            rules: [masks, changes, writability, nullUse, nullKey, deviceSizes, deviceRanges, deviceCopies])
    }

    private static let moved: UInt32 = 1
    private static let rehomed: UInt32 = 2
    private static let rights: UInt32 = 4

    private static func change(
        _ region: Region, _ flags: UInt32, domain: Domain? = nil, offset: Int? = nil, length: Int = 0, access: Access = []
    ) -> (code: Int32, number: Int32) {
        errno = 0
        let start = unsafe offset.map { unsafe region.memory.start + $0 }
        let code = unsafe ibv_rereg_mr(
            region.pointer, Int32(bitPattern: flags), domain?.pointer, start, length, Int32(bitPattern: access.rawValue))
        return (code, errno)
    }

    /// What the library refuses by itself is an input error (-1), the rest the device's (-4).
    private static var masks: Rule {
        let cases: [(String, UInt32, Int?, Int, Access, Int32)] = [
            ("no flag", 0, nil, 0, [], -4), ("an unknown flag", 8, nil, 0, [], -1), ("every bit", .max, 0, 4096, [], -1),
            ("no address", 1, nil, 4096, [], -1), ("no length", 1, 0, 0, [], -1),
            ("rights without their flag", 2, nil, 0, .localWrite, -1), ("no domain", 2, nil, 0, [], -4),
            ("remote write without local write", 4, nil, 0, .remoteWrite, -4), ("an unknown right", 4, nil, 0, Access(rawValue: 1 << 15), -4),
        ]
        return Rule(
            "ibv_rereg_mr", "what cannot be asked for", "IBV_REREG_MR_ERR_INPUT or ERR_CMD with EINVAL; the region is as it was",
            "ibv_rereg_mr(3); IBA 11.2.8.4",
            cases.map { name, flags, offset, length, access, failure in
                Case(coordinates: name) { bench in
                    let duo = try WindowStage(bench, region: .all)
                    let seen = change(duo.region, flags, offset: offset, length: length, access: access)
                    try expect("ibv_rereg_mr", seen.code, is: failure)
                    try expect("errno", code: seen.number, is: EINVAL)
                    try expect("its key", try duo.use(duo.region.remoteKey), is: [.success])
                }
            })
    }

    /// Each combination of changes; the old key and the new one are tried.
    private static var changes: Rule {
        let cases = (1...7 as ClosedRange<UInt32>).map { flags in
            Case(coordinates: "flags \(flags)") { bench in
                let other = try bench.domain()
                let stage = try WindowStage(bench, region: .all)
                let old = stage.region.remoteKey
                let seen = change(
                    stage.region, flags, domain: flags & rehomed != 0 ? other : nil, offset: flags & moved != 0 ? 64 : nil,
                    length: flags & moved != 0 ? 1024 : 0, access: flags & rights != 0 ? [.localWrite, .remoteRead] : [])
                try expect("ibv_rereg_mr", code: seen.code, is: 0)
                let new = unsafe stage.region.pointer.pointee.rkey
                try expect("the key is another one", new != old, is: flags & moved != 0)
                try expect("mr->length", unsafe stage.region.pointer.pointee.length, is: flags & moved != 0 ? 1024 : 4096)
                let works = flags & rehomed == 0 && flags & rights == 0
                try expect("a write by its key", try stage.use(new, .write, 64, 8), is: [works ? .success : .remoteAccess])
                if works, new != old { try expect("a write by the old key", try stage.use(old, .write, 64, 8), is: [.remoteAccess]) }
            }
        }
        return Rule("ibv_rereg_mr", "each combination of memory, domain and rights", "what is named changes; new memory has new keys, and the old ones are refused", "ibv_rereg_mr(3); IBA 11.2.8.4", choice: "the specification lets keys change with every reregistration; as with adapters they stay where the memory does", cases)
    }

    private static var writability: Rule {
        let cases: [(Access, Access, Bool)] = [
            ([], .localWrite, false), (.remoteRead, .all, false), (.remoteRead, [], true), (.all, .remoteRead, true),
            (.localWrite, .all, true), ([], .windowBind, false),
        ]
        return Rule(
            "ibv_rereg_mr", "rights to write for what was registered for reading", "EACCES; with new memory it works", "Linux, ib_umem_check_rereg",
            cases.map { before, after, works in
                Case(coordinates: "\(before) to \(after)") { bench in
                    let region = try bench.region(bench.domain(), access: before)
                    let seen = change(region, rights, access: after)
                    try expect("errno", code: seen.number, is: works ? 0 : EACCES)
                    try expect("ibv_rereg_mr", seen.code, is: works ? 0 : -4)
                    try expect("with memory", code: change(region, rights | moved, offset: 0, length: 4096, access: after).number, is: 0)
                }
            })
    }

    /// Null memory in each place that takes a local key, in each size that travels its own way.
    private static var nullUse: Rule {
        let opcodes: [Opcode] = [.send, .write, .read, .compareAndSwap]
        let cases = opcodes.flatMap { opcode in
            (opcode.isAtomic ? [8] : [8, 500, 3000]).map { length in
                Case(coordinates: "\(opcode) of \(length) bytes") { bench in
                    let stage = try WindowStage(bench, region: .all)
                    guard let raw = unsafe ibv_alloc_null_mr(stage.domain.pointer) else { throw Refused(function: "ibv_alloc_null_mr") }
                    let null = unsafe bench.keep(NullRegion(raw))
                    let before = stage.region.memory.bytes
                    try expect("ibv_post_recv", code: stage.target.postReceive(9, [stage.region.piece(0, 4096)]), is: 0)
                    var request = Send(opcode, [Element(address: 0x7777_0000_1234, length: UInt32(length), key: null.localKey)])
                    request.remoteAddress = stage.region.memory.address
                    request.remoteKey = stage.region.remoteKey
                    try expect("ibv_post_send", code: stage.initiator.postSend(request), is: 0)
                    try expect("status", try stage.sent.take(1).map(\.status), is: [.success])
                    if opcode == .send { try expect("received", try stage.received.take(1).map(\.bytes), is: [UInt32(length)]) }
                    let writes = opcode == .send || opcode == .write
                    let expected = writes ? [UInt8](repeating: 0, count: length) + before[length...] : before
                    try expect("the target's memory", stage.region.memory.bytes, is: expected)
                }
            }
        }
        return Rule("ibv_alloc_null_mr", "as the local buffer of each operation", "reads as zeroes, takes what is written and forgets it", "ibv_alloc_null_mr(3)", cases)
    }

    private static var nullKey: Rule {
        Rule("ibv_alloc_null_mr", "its key used by a peer", "REM_ACCESS_ERR; rkey is 0", "ibv_alloc_null_mr(3)", [Opcode.write, .read].map { opcode in
            Case(coordinates: "\(opcode)") { bench in
                let stage = try WindowStage(bench, region: .all)
                guard let raw = unsafe ibv_alloc_null_mr(stage.domain.pointer) else { throw Refused(function: "ibv_alloc_null_mr") }
                let null = unsafe bench.keep(NullRegion(raw))
                try expect("rkey", unsafe raw.pointee.rkey, is: 0)
                try expect("status", try stage.use(null.localKey, opcode), is: [.remoteAccess])
            }
        })
    }

    private static func memory(_ bench: Bench, _ length: Int, alignment: UInt32 = 0) throws -> DeviceMemoryPiece {
        bench.keep(try DeviceMemoryPiece(bench.device, length: length, alignment: alignment))
    }

    private static func refusal(_ body: () throws -> Void) throws -> Int32 {
        do { try body() } catch let refused as Refused { return refused.code }
        return 0
    }

    private static var deviceSizes: Rule {
        let cases: [(Int, UInt32, Bool)] = [(0, 0, false), (1, 0, true), (64, 6, true), (4096, 12, true), (1 << 20, 0, true), (1 << 20 + 1, 0, false), (Int.max, 0, false)]
        return Rule("ibv_alloc_dm", "each length up to max_dm_size and beyond", "success; EINVAL for none and for more than there can be", "ibv_alloc_dm(3)", cases.map { length, alignment, works in
            Case(coordinates: "\(length) bytes, alignment \(alignment)") { bench in
                let code = try refusal { _ = try memory(bench, length, alignment: alignment) }
                try expect("ibv_alloc_dm", code: code, is: works ? 0 : EINVAL)
            }
        })
    }

    private static var deviceRanges: Rule {
        let cases: [(UInt64, Int, Access, Bool)] = [
            (0, 4096, [.zeroBased, .localWrite], true), (8, 8, .zeroBased, true), (0, 4097, .zeroBased, false), (4096, 1, .zeroBased, false),
            (.max, 2, .zeroBased, false), (0, 0, .zeroBased, false), (0, 8, .localWrite, false), (0, 8, [.zeroBased, .remoteWrite], false),
            (0, 8, [.zeroBased, .onDemand], false),
        ]
        return Rule("ibv_reg_dm_mr", "each range and rights", "EINVAL beyond the memory, without ZERO_BASED, and for rights that it cannot have", "ibv_reg_dm_mr(3)", cases.map { offset, length, access, works in
            Case(coordinates: "\(length) bytes at \(offset), \(access)") { bench in
                let domain = try bench.domain()
                let memory = try memory(bench, 4096)
                errno = 0
                let made = unsafe ibv_reg_dm_mr(domain.pointer, memory.pointer, offset, length, access.rawValue)
                try expect("ibv_reg_dm_mr", code: unsafe made == nil ? errno : 0, is: works ? 0 : EINVAL)
                guard let made = unsafe made else { return }
                try expect("ibv_free_dm", code: memory.destroy(), is: EBUSY)
                try expect("ibv_dereg_mr", code: unsafe ibv_dereg_mr(made), is: 0)
            }
        })
    }

    private static var deviceCopies: Rule {
        let cases: [(UInt64, Int, Bool)] = [(0, 4096, true), (1, 7, true), (4095, 1, true), (4096, 1, false), (4090, 7, false), (.max, 1, false)]
        return Rule("ibv_memcpy_to_dm, ibv_memcpy_from_dm", "each range", "the bytes come back; EFAULT beyond the memory", "ibv_alloc_dm(3)", choice: "the man page names no error; a range that is not there is EFAULT", cases.map { offset, length, works in
            Case(coordinates: "\(length) bytes at \(offset)") { bench in
                let memory = try memory(bench, 4096)
                var bytes = Pattern.of(3, count: length)
                try expect("to", code: unsafe ibv_memcpy_to_dm(memory.pointer, offset, &bytes, length), is: works ? 0 : EFAULT)
                var back = [UInt8](repeating: 0, count: length)
                try expect("from", code: unsafe ibv_memcpy_from_dm(&back, memory.pointer, offset, length), is: works ? 0 : EFAULT)
                if works { try expect("bytes", back, is: bytes) }
            }
        })
    }
}
