// HotPathTests.swift - posting and polling neither allocate nor count references nor lock, by the code as built.

import Testing

@Suite struct HotPathTests {
    /// The C functions that stand in the tables of a context, of an extended queue pair and of an extended queue.
    static let entryPoints = operations + building + reading

    private static let operations = ["verbena_post_send", "verbena_post_recv", "verbena_post_srq_recv", "verbena_poll_cq"]
    private static let building = [
        "start", "complete", "abort", "send", "send_imm", "send_inv", "rdma_write", "rdma_write_imm", "rdma_read",
        "atomic_cmp_swp", "atomic_fetch_add", "local_inv", "set_sge", "set_sge_list", "set_inline_data",
        "set_inline_data_list", "set_ud_addr",
    ].map { "verbena_wr_" + $0 }
    private static let reading = [
        "start_poll", "next_poll", "end_poll", "read_opcode", "read_vendor_err", "read_byte_len", "read_imm_data",
        "read_qp_num", "read_src_qp", "read_wc_flags", "read_slid", "read_sl", "read_dlid_path_bits",
        "read_completion_ts", "read_completion_wallclock_ns",
    ].map { "verbena_" + $0 }

    private static let library = Result { try ReleaseLibrary().callGraph() }
    private static let names = Result { try ReleaseLibrary.demangled(try library.get().calls.keys.sorted()) }

    @Test(arguments: entryPoints)
    func doesNothingForbidden(entryPoint: String) throws {
        let graph = try Self.library.get()
        let names = try Self.names.get()
        try #require(graph.calls[entryPoint] != nil, "\(entryPoint) is not in the library")
        let paths = graph.paths(
            from: entryPoint, toAny: ForbiddenCalls.contains,
            stoppingAt: { ColdFunctions.contains(names[$0] ?? $0) })
        for path in paths {
            Issue.record("\(path.map { names[$0] ?? $0 }.joined(separator: "\n  > "))")
        }
    }

    /// A walk that reaches nothing would find nothing.
    @Test func theWalkGoesIntoTheDevice() throws {
        let graph = try Self.library.get()
        let names = try Self.names.get()
        let reached = graph.reached(from: "verbena_post_send") { ColdFunctions.contains(names[$0] ?? $0) }
        #expect(reached.contains { (names[$0] ?? "").contains("Device.QueuePair") })
    }

    @Test func everyColdFunctionIsThere() throws {
        let names = try Self.names.get().values
        for cold in ColdFunctions.reasons.keys {
            #expect(names.contains { ColdFunctions.names(cold, $0) }, "no function is called \(cold): unlist it")
        }
    }

    @Test func aForbiddenCallIsFound() {
        let graph = CallGraph(listing: """
            0000000000001000 <verbena_post_send>:
                1004:\tcall   2000 <inner>
                1009:\tje     1004 <verbena_post_send+0x4>
                100e:\tjmp    3000 <cold>
            0000000000002000 <inner>:
                2000:\tcall   9000 <swift_retain@plt>
                2005:\tcall   *%rax
                2007:\tret
            0000000000003000 <cold>:
                3000:\tcall   9010 <malloc@plt>
                3005:\tcall   *0x10(%rip)        # 3020 <free@GLIBC_2.2.5>
            """)
        let all = graph.paths(from: "verbena_post_send", toAny: ForbiddenCalls.contains) { _ in false }
        #expect(Set(all) == [
            ["verbena_post_send", "inner", "swift_retain"], ["verbena_post_send", "inner", CallGraph.indirect],
            ["verbena_post_send", "cold", "malloc"], ["verbena_post_send", "cold", "free"],
        ])
        let unnamed = CallGraph(
            listing: """
                0000000000001000 <poll>:
                    1004:\tcall   1020 <poll+0x20>
                    1020:\tcall   9000 <swift_retain@plt>
                """,
            sizes: ["poll": 16])
        #expect(unnamed.calls == ["poll": ["poll~"], "poll~": ["swift_retain"]])
        let warm = graph.paths(from: "verbena_post_send", toAny: ForbiddenCalls.contains) { $0 == "cold" }
        #expect(warm.count == 2)
    }
}
