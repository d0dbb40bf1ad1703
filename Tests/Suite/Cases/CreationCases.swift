// CreationCases.swift - what cannot be made at all, by either interface.

import CVerbs
import Glibc

enum CreationCases {
    static var topic: Topic {
        Topic(name: "creation", title: "What cannot be made", rules: [types, missingQueues, otherContexts, operations, completionFields])
    }

    /// Creates a queue pair after a change to ordinary attributes; errno, or 0.
    private static func attempt(_ bench: Bench, _ change: (inout ibv_qp_init_attr) -> Void) throws -> Int32 {
        let (domain, queue) = (try bench.domain(), try bench.queue())
        var attributes = unsafe ibv_qp_init_attr()
        unsafe attributes.send_cq = unsafe queue.pointer
        unsafe attributes.recv_cq = unsafe queue.pointer
        unsafe attributes.qp_type = IBV_QPT_RC
        unsafe attributes.cap = ibv_qp_cap(max_send_wr: 4, max_recv_wr: 4, max_send_sge: 1, max_recv_sge: 1, max_inline_data: 0)
        unsafe change(&attributes)
        errno = 0
        guard let made = unsafe ibv_create_qp(domain.pointer, &attributes) else { return errno }
        return unsafe ibv_destroy_qp(made)
    }

    private static var types: Rule {
        let cases = [(0, EINVAL), (1, EINVAL), (5, EINVAL), (7, EINVAL), (8, EOPNOTSUPP), (77, EINVAL), (0x102, EINVAL), (255, EOPNOTSUPP)].map {
            (number: UInt32, expected: Int32) in
            Case(coordinates: "qp_type \(number)") { bench in
                let code = unsafe try attempt(bench) { unsafe $0.qp_type = ibv_qp_type(rawValue: number) }
                try expect("ibv_create_qp", code: code, is: expected)
            }
        }
        return Rule("ibv_create_qp", "a type that is none; RAW_PACKET, DRIVER", "EINVAL; EOPNOTSUPP", "ibv_create_qp(3)", choice: "a device without a type answers EOPNOTSUPP", cases)
    }

    private static var missingQueues: Rule {
        let cases = ["send_cq", "recv_cq", "both"].map { which in
            Case(coordinates: which) { bench in
                let code = unsafe try attempt(bench) {
                    if which != "recv_cq" { unsafe $0.send_cq = nil }
                    if which != "send_cq" { unsafe $0.recv_cq = nil }
                }
                try expect("ibv_create_qp", code: code, is: EINVAL)
            }
        }
        return Rule("ibv_create_qp", "without a completion queue", "EINVAL", "ibv_create_qp(3); IBA 11.2.4.1", cases)
    }

    /// Objects of one opened device are nothing to another one.
    private static var otherContexts: Rule {
        let cases = ["send_cq", "recv_cq", "srq"].map { which in
            Case(coordinates: which) { bench in
                let other = try Device(name: nil)
                let elsewhere = Bench(other)
                let queue = try elsewhere.queue()
                let shared = try elsewhere.shared(elsewhere.domain())
                let code = unsafe try attempt(bench) {
                    switch which {
                    case "send_cq": unsafe $0.send_cq = unsafe queue.pointer
                    case "recv_cq": unsafe $0.recv_cq = unsafe queue.pointer
                    default: unsafe $0.srq = unsafe shared.pointer
                    }
                }
                try elsewhere.end()
                try expect("ibv_create_qp", code: code, is: EINVAL)
                try expect("ibv_close_device", code: unsafe ibv_close_device(other.context), is: 0)
            }
        }
        return Rule("ibv_create_qp", "with a queue of another opened device", "EINVAL", "IBA 11.2.4.1", cases)
    }

    private static var operations: Rule {
        let cases = Kind.allCases.flatMap { kind in
            (0...12).map { (bit: UInt64) in
                Case(coordinates: "\(kind) bit \(bit)") { bench in
                    let (domain, queue) = (try bench.domain(), try bench.queue())
                    var attributes = unsafe ibv_qp_init_attr_ex()
                    unsafe attributes.send_cq = unsafe queue.pointer
                    unsafe attributes.recv_cq = unsafe queue.pointer
                    unsafe attributes.qp_type = ibv_qp_type(rawValue: kind.rawValue)
                    unsafe attributes.pd = unsafe domain.pointer
                    unsafe attributes.comp_mask = IBV_QP_INIT_ATTR_PD.rawValue | IBV_QP_INIT_ATTR_SEND_OPS_FLAGS.rawValue
                    unsafe attributes.send_ops_flags = 1 << bit
                    // The operations that need memory windows are tried with those.
                    let has = Pair.operations(kind) >> bit & 1 == 1
                    let isWindow = kind.isConnected && (7...9).contains(bit)
                    errno = 0
                    let made = unsafe ibv_create_qp_ex(bench.device.context, &attributes)
                    let code = unsafe made == nil ? errno : ibv_destroy_qp(made)
                    if !isWindow { try expect("ibv_create_qp_ex", code: code, is: has ? 0 : EOPNOTSUPP) }
                }
            }
        }
        return Rule("ibv_create_qp_ex", "send_ops_flags that its type does not have, or that no header names", "EOPNOTSUPP", "ibv_create_qp_ex(3)", cases)
    }

    private static var completionFields: Rule {
        let cases = (0..<16).map { (bit: UInt64) in
            Case(coordinates: "wc_flags bit \(bit)") { bench in
                var attributes = unsafe ibv_cq_init_attr_ex()
                unsafe attributes.cqe = 4
                unsafe attributes.wc_flags = 1 << bit
                errno = 0
                let made = unsafe ibv_create_cq_ex(bench.device.context, &attributes)
                let code = unsafe made == nil ? errno : ibv_destroy_cq(ibv_cq_ex_to_cq(made))
                // The fields of ibv_poll_cq, and the two clocks.
                let has = bit < 8 || bit == 11
                try expect("ibv_create_cq_ex", code: code, is: has ? 0 : EOPNOTSUPP)
            }
        }
        return Rule("ibv_create_cq_ex", "wc_flags beyond the fields of ibv_poll_cq and the time stamps", "EOPNOTSUPP", "ibv_create_cq_ex(3)", cases)
    }
}
