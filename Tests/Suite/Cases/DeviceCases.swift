// DeviceCases.swift - what the device and its port say of themselves: by the plain and by the extended questions alike.

import CVerbs
import Glibc

enum DeviceCases {
    static var topic: Topic {
        Topic(name: "device", title: "The device and its port", rules: [sizes, masks, capabilities, clock, port])
    }

    /// The function behind the inline one, whose last argument is the size of the caller's struct.
    private static func query(
        _ bench: Bench, mask: UInt32 = 0, size: Int = MemoryLayout<ibv_device_attr_ex>.size
    ) -> (code: Int32, bytes: [UInt8]) {
        var bytes = [UInt8](repeating: 0xee, count: MemoryLayout<ibv_device_attr_ex>.size + 64)
        var input = ibv_query_device_ex_input(comp_mask: mask)
        let code = unsafe bytes.withUnsafeMutableBytes { bytes -> Int32 in
            guard let place = unsafe bytes.baseAddress?.assumingMemoryBound(to: ibv_device_attr_ex.self),
                let table = unsafe verbs_get_ctx(bench.device.context), let ask = unsafe table.pointee.query_device_ex
            else { return ENOSYS }
            return unsafe ask(bench.device.context, &input, place, size)
        }
        return (code, bytes)
    }

    private static func extended(_ bench: Bench) throws -> ibv_device_attr_ex {
        let (code, bytes) = query(bench)
        try expect("ibv_query_device_ex", code: code, is: 0)
        return unsafe bytes.withUnsafeBytes { unsafe $0.loadUnaligned(as: ibv_device_attr_ex.self) }
    }

    /// Programs are compiled against headers of many years.
    private static var sizes: Rule {
        let plain = MemoryLayout<ibv_device_attr>.size
        let whole = MemoryLayout<ibv_device_attr_ex>.size
        let cases = [0, 8, plain - 1, plain, plain + 8, whole - 8, whole, whole + 64].map { size in
            Case(coordinates: "\(size) bytes") { bench in
                let (code, bytes) = query(bench, size: size)
                try expect("ibv_query_device_ex", code: code, is: size < plain ? EINVAL : 0)
                let beyond = bytes.dropFirst(size < plain ? 0 : size)
                try expect("bytes behind the struct untouched", beyond.allSatisfy { $0 == 0xee }, is: true)
                guard code == 0 else { return }
                let said = unsafe bytes.withUnsafeBytes { unsafe $0.loadUnaligned(as: ibv_device_attr.self) }
                try expect("max_qp", said.max_qp, is: bench.device.limits.max_qp)
                try expect("max_mr_size", said.max_mr_size, is: bench.device.limits.max_mr_size)
                try expect("node_guid", said.node_guid, is: bench.device.limits.node_guid)
            }
        }
        return Rule(
            "ibv_query_device_ex", "a struct of each size", "as much as it has; EINVAL for less than struct ibv_device_attr",
            "ibv_query_device_ex(3)", cases)
    }

    private static var masks: Rule {
        let cases = (0..<32 as Range<UInt32>).map { bit in
            Case(coordinates: "comp_mask bit \(bit)") { bench in
                try expect("ibv_query_device_ex", code: query(bench, mask: 1 << bit).code, is: EINVAL)
            }
        }
        return Rule("ibv_query_device_ex", "an extension of the question, of which none is defined", "EINVAL", "ibv_query_device_ex(3)", cases)
    }

    /// What is announced is there: the rest of the suite shows that it works.
    private static var capabilities: Rule {
        Rule("ibv_query_device_ex", "the capabilities", "those of ibv_query_device, and on-demand paging, moderation, timestamps, device memory", "ibv_query_device_ex(3)") { bench in
            let said = try extended(bench)
            try expect("comp_mask", said.comp_mask, is: 0)
            try expect("device_cap_flags_ex, low half", UInt32(truncatingIfNeeded: said.device_cap_flags_ex), is: bench.device.limits.device_cap_flags)
            try expect("phys_port_cnt_ex", said.phys_port_cnt_ex, is: UInt32(bench.device.limits.phys_port_cnt))
            try expect("on-demand paging", said.odp_caps.general_caps & 1, is: 1)
            try expect("moderation", said.cq_mod_caps.max_cq_count > 0 && said.cq_mod_caps.max_cq_period > 0, is: true)
            try expect("completion_timestamp_mask", said.completion_timestamp_mask != 0, is: true)
            try expect("max_dm_size", said.max_dm_size > 0, is: true)
        }
    }

    private static var clock: Rule {
        let cases = [(IBV_VALUES_MASK_RAW_CLOCK.rawValue, true), (0, false), (1 << 7, false)].map { mask, isKnown in
            Case(coordinates: "comp_mask \(mask)") { bench in
                var values = ibv_values_ex()
                func ask() throws -> UInt64 {
                    values.comp_mask = mask
                    try expect("ibv_query_rt_values_ex", code: unsafe ibv_query_rt_values_ex(bench.device.context, &values), is: 0)
                    try expect("comp_mask", values.comp_mask, is: isKnown ? mask : 0)
                    return UInt64(values.raw_clock.tv_sec) * 1_000_000_000 + UInt64(values.raw_clock.tv_nsec)
                }
                let first = try ask(), second = try ask()
                try expect("the clock goes on", isKnown ? second > first : second == first, is: true)
            }
        }
        return Rule("ibv_query_rt_values_ex", "each value, known or not", "success; comp_mask says what was answered", "ibv_query_rt_values_ex(3)", cases)
    }

    private static var port: Rule {
        Rule("ibv_query_port", "a port that is up", "active, with the link layer's own way of addressing", "ibv_query_port(3)") { bench in
            let port = bench.device.port
            try expect("state", port.state == IBV_PORT_ACTIVE, is: true)
            try expect("active_mtu within max_mtu", port.active_mtu.rawValue <= port.max_mtu.rawValue, is: true)
            try expect("tables", port.gid_tbl_len > 0 && port.pkey_tbl_len > 0, is: true)
            try expect("max_msg_sz", port.max_msg_sz, is: 1 << 31)
            // RoCE has no LIDs, and asks for a route header with each address; InfiniBand has a LID for each port.
            try expect("LID", port.lid != 0, is: !bench.device.isEthernet)
            try expect("GRH required", port.flags & UInt8(IB_UVERBS_QPF_GRH_REQUIRED.rawValue) != 0, is: bench.device.isEthernet)
        }
    }
}
