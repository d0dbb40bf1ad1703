// QperfCases.swift - the verbs tests of qperf.

/// One server, and a client that asks it for several tests and then to quit.
enum QperfCases {
    static let all: [PairCase] = [
        qperf(["rc_lat", "rc_bw", "rc_bi_bw"]),
        qperf(["uc_lat", "uc_bw", "uc_bi_bw"]),
        qperf(["ud_lat", "ud_bw", "ud_bi_bw"]),
        qperf(["rc_rdma_read_lat", "rc_rdma_read_bw"]),
        qperf(["rc_rdma_write_lat", "rc_rdma_write_bw", "rc_rdma_write_poll_lat"]),
        qperf(["uc_rdma_write_lat", "uc_rdma_write_bw", "uc_rdma_write_poll_lat"]),
        qperf(["rc_compare_swap_mr", "rc_fetch_add_mr"]),
        qperf(["ver_rc_compare_swap", "ver_rc_fetch_add"]),
        qperf(["rc_lat", "rc_bw"], options: ["-cp1"]),
    ]

    /// qperf addresses by LID only: it knows no GIDs without a connection manager.
    private static func qperf(_ tests: [String], options: [String] = []) -> PairCase {
        PairCase(
            program: "qperf", arguments: ["-lp", "PORT"], clientArguments: ["-t", "1"] + options + tests + ["quit"],
            linkLayer: .infiniband, client: [.qperf(tests: tests)], pinned: 16 << 20)
    }
}
