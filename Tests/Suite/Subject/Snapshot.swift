// Snapshot.swift - every attribute of a queue pair, to be compared.

import CVerbs

/// Every attribute that a query gives, as text: two are the same, or the difference can be read.
struct Snapshot: Equatable, CustomStringConvertible {
    let values: [String]

    init(_ pair: Pair) throws {
        let raw = unsafe try pair.query().attributes
        values = [
            "state \(raw.qp_state.rawValue)", "access \(raw.qp_access_flags)", "pkey \(raw.pkey_index)",
            "port \(raw.port_num)", "qkey \(raw.qkey)", "mtu \(raw.path_mtu.rawValue)", "timeout \(raw.timeout)",
            "retry \(raw.retry_cnt)", "rnr \(raw.rnr_retry)", "rq_psn \(raw.rq_psn)", "sq_psn \(raw.sq_psn)",
            "rd \(raw.max_rd_atomic)", "dest_rd \(raw.max_dest_rd_atomic)", "timer \(raw.min_rnr_timer)",
            "dest \(raw.dest_qp_num)", "mig \(raw.path_mig_state.rawValue)", "alt_port \(raw.alt_port_num)",
            "alt_timeout \(raw.alt_timeout)", "alt_pkey \(raw.alt_pkey_index)", "ah \(Self.path(raw.ah_attr))",
            "alt_ah \(Self.path(raw.alt_ah_attr))", "caps \(raw.cap)",
        ]
    }

    static func path(_ path: ibv_ah_attr) -> String {
        let gid = unsafe [path.grh.dgid.global.subnet_prefix, path.grh.dgid.global.interface_id]
        return "\(gid) \(path.grh.flow_label) \(path.grh.sgid_index) \(path.grh.hop_limit) \(path.grh.traffic_class) "
            + "\(path.dlid) \(path.sl) \(path.src_path_bits) \(path.static_rate) \(path.is_global) \(path.port_num)"
    }

    var description: String { values.joined(separator: ", ") }
}
