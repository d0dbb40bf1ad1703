// ContextTableTests.swift - the tables that the header's inline functions call through.

import CVerbs
import Testing

/// Members of verbs_context that hold no function of ours: the library's private part and its placeholders.
private let noFunctions: Set<Int> = [208, 232, 248, 304]

@Test func everySlotOfTheTablesIsFilled() throws {
    let device = try OpenedDevice()
    let base = unsafe UnsafeRawPointer(device.context) - 320
    for offset in stride(from: 0, to: 312, by: 8) {
        let word = unsafe base.load(fromByteOffset: offset, as: UInt.self)
        #expect((word == 0) == noFunctions.contains(offset), "verbs_context, offset \(offset)")
    }
    for offset in stride(from: 8, to: 264, by: 8) {
        #expect(unsafe UnsafeRawPointer(device.context).load(fromByteOffset: offset, as: UInt.self) != 0, "ops, \(offset)")
    }
}

@Test func aContextShowsItsSizeAndDescriptors() throws {
    let device = try OpenedDevice()
    let base = unsafe UnsafeRawPointer(device.context) - 320
    #expect(unsafe base.load(fromByteOffset: 312, as: Int.self) == 648)
    #expect(unsafe device.context.pointee.abi_compat == UnsafeMutableRawPointer(bitPattern: UInt.max))
    #expect(unsafe device.context.pointee.cmd_fd >= 0)
    #expect(unsafe device.context.pointee.async_fd >= 0)
    #expect(unsafe device.context.pointee.num_comp_vectors >= 1)
}

/// Each inline function of the header that makes something the device has not.
@Test func whatIsNotServedMakesNothing() throws {
    let device = try OpenedDevice()
    let context = unsafe device.context
    let domain = unsafe try device.domain()
    let attempts: [(String, () -> Bool)] = [
        ("create_rwq_ind_table", {
            var a = unsafe ibv_rwq_ind_table_init_attr(); return unsafe ibv_create_rwq_ind_table(context, &a) == nil
        }),
        ("create_flow_action_esp", {
            var a = unsafe ibv_flow_action_esp_attr(); return unsafe ibv_create_flow_action_esp(context, &a) == nil
        }),
        ("create_wq", { var a = unsafe ibv_wq_init_attr(); return unsafe ibv_create_wq(context, &a) == nil }),
        ("create_counters", { var a = ibv_counters_init_attr(); return unsafe ibv_create_counters(context, &a) == nil }),
    ]
    for (name, isRefused) in attempts {
        errorNumber = 0
        #expect(isRefused(), "\(name)")
        #expect(errorNumber == EOPNOTSUPP, "\(name)")
    }
    #expect(unsafe ibv_dealloc_pd(domain) == 0)
}

@Test func whatIsNotServedDoesNothing() throws {
    let device = try OpenedDevice()
    let domain = unsafe try device.domain()
    let queue = unsafe try device.queue()
    let pair = unsafe try device.pair(domain, queue)
    var group = ibv_gid()
    var options = ibv_ece(vendor_id: 1, options: 0, comp_mask: 0)
    var moderation = ibv_modify_cq_attr()
    var rate = ibv_qp_rate_limit_attr()
    #expect(unsafe ibv_attach_mcast(pair, &group, 0) == EINVAL)
    #expect(unsafe ibv_detach_mcast(pair, &group, 0) == EINVAL)
    #expect(unsafe ibv_set_ece(pair, &options) == EOPNOTSUPP)
    #expect(unsafe ibv_query_ece(pair, &options) == EOPNOTSUPP)
    options.vendor_id = 0
    #expect(unsafe ibv_set_ece(pair, &options) == EOPNOTSUPP)
    #expect(unsafe ibv_modify_cq(queue, &moderation) == EINVAL)
    #expect(unsafe ibv_modify_qp_rate_limit(pair, &rate) == EOPNOTSUPP)
    #expect(unsafe ibv_qp_to_qp_ex(pair) == nil)
    #expect(unsafe ibv_query_qp_data_in_order(pair, IBV_WR_RDMA_WRITE, 0) == 0)
    var flow = ibv_flow_attr()
    errorNumber = 0
    #expect(unsafe ibv_create_flow(pair, &flow) == nil && errorNumber == EOPNOTSUPP)
    #expect(unsafe ibv_destroy_qp(pair) == 0)
    #expect(unsafe ibv_destroy_cq(queue) == 0)
    #expect(unsafe ibv_dealloc_pd(domain) == 0)
}

/// Slots whose inline functions do not look whether they are there.
@Test func uncheckedSlotsAnswerACode() throws {
    let device = try OpenedDevice()
    let operations = unsafe device.context.pointee.ops
    #expect(operations.bind_mw(nil, nil, nil) == EINVAL)
    #expect(operations.dealloc_mw(nil) == EINVAL)
    let extended = unsafe (UnsafeMutableRawPointer(device.context) - 320).assumingMemoryBound(to: verbs_context.self)
    #expect(unsafe extended.pointee.close_xrcd(nil) == EINVAL)
}
