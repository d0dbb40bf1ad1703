// ExtendedCompletionQueueTests.swift - extended completion queues, the device's clock, thread and parent domains.

import CVerbs
import Testing

@Test func everyFunctionOfAnExtendedQueueIsThere() throws {
    let device = try OpenedDevice()
    var attributes = unsafe ibv_cq_init_attr_ex()
    unsafe attributes.cqe = 10
    unsafe attributes.wc_flags = UInt64(IBV_WC_STANDARD_FLAGS)
    let queue = unsafe try #require(unsafe ibv_create_cq_ex(device.context, &attributes))
    for offset in stride(from: 144, to: 288, by: 8) {
        #expect(unsafe UnsafeRawPointer(queue).load(fromByteOffset: offset, as: UInt.self) != 0, "offset \(offset)")
    }
    #expect(unsafe queue.pointee.cqe >= 10 && queue.pointee.context == device.context)
    // Before any completion, and of fields that no completion here has.
    #expect(unsafe ibv_wc_read_cvlan(queue) == 0 && ibv_wc_read_flow_tag(queue) == 0 && ibv_wc_read_byte_len(queue) == 0)
    #expect(unsafe ibv_destroy_cq(ibv_cq_ex_to_cq(queue)) == 0)
}

@Test func aRunGoesThroughTheCompletionsThatAreThere() throws {
    let loop = try Loopback(fields: UInt64(IBV_WC_STANDARD_FLAGS))
    let queue = unsafe UnsafeMutableRawPointer(loop.queue).assumingMemoryBound(to: ibv_cq_ex.self)
    var none = ibv_poll_cq_attr()
    #expect(unsafe ibv_start_poll(queue, &none) == ENOENT)
    for identifier in UInt64(1)...3 { #expect(loop.postReceive(identifier, loop.element(2048, 64)) == 0) }
    for identifier in UInt64(11)...13 { #expect(unsafe loop.postSend(identifier, loop.element(0, 64)) == 0) }
    var identifiers: [UInt64] = []
    var result = unsafe ibv_start_poll(queue, nil)
    while result == 0 {
        unsafe identifiers.append(queue.pointee.wr_id)
        #expect(unsafe queue.pointee.status == IBV_WC_SUCCESS)
        let isReceive = unsafe queue.pointee.wr_id < 10
        #expect(unsafe ibv_wc_read_opcode(queue) == (isReceive ? IBV_WC_RECV : IBV_WC_SEND))
        if isReceive { #expect(unsafe ibv_wc_read_byte_len(queue) == 64) }
        result = unsafe ibv_next_poll(queue)
    }
    #expect(result == ENOENT)
    unsafe ibv_end_poll(queue)
    #expect(identifiers.sorted() == [1, 2, 3, 11, 12, 13])
    var completion = ibv_wc()
    #expect(unsafe ibv_poll_cq(loop.queue, 1, &completion) == 0)
    loop.end()
}

@Test func theDeviceTellsItsClock() throws {
    let device = try OpenedDevice()
    var attributes = ibv_device_attr_ex()
    #expect(unsafe ibv_query_device_ex(device.context, nil, &attributes) == 0)
    #expect(attributes.hca_core_clock == 1_000_000 && attributes.completion_timestamp_mask == .max)
    var input = ibv_query_device_ex_input(comp_mask: 1)
    #expect(unsafe ibv_query_device_ex(device.context, &input, &attributes) == EINVAL)
    var values = ibv_values_ex(comp_mask: IBV_VALUES_MASK_RAW_CLOCK.rawValue | 1 << 9, raw_clock: timespec())
    #expect(unsafe ibv_query_rt_values_ex(device.context, &values) == 0)
    #expect(values.comp_mask == IBV_VALUES_MASK_RAW_CLOCK.rawValue)
    let first = values.raw_clock
    #expect(unsafe ibv_query_rt_values_ex(device.context, &values) == 0)
    #expect(first.tv_sec == 0 && first.tv_nsec > 0 && values.raw_clock.tv_nsec >= first.tv_nsec)
    values.comp_mask = 0
    values.raw_clock.tv_nsec = 77
    #expect(unsafe ibv_query_rt_values_ex(device.context, &values) == 0)
    #expect(values.comp_mask == 0 && values.raw_clock.tv_nsec == 77)
}

/// What the device does not do is zero in what it tells.
@Test func theDeviceShowsNoCapabilityThatItHasNot() throws {
    let device = try OpenedDevice()
    var attributes = ibv_device_attr_ex()
    #expect(unsafe ibv_query_device_ex(device.context, nil, &attributes) == 0)
    #expect(attributes.comp_mask == 0 && attributes.tso_caps.max_tso == 0 && attributes.max_wq_type_rq == 0)
    #expect(attributes.rss_caps.supported_qpts == 0 && attributes.rss_caps.max_rwq_indirection_tables == 0)
    #expect(attributes.tm_caps.max_num_tags == 0 && attributes.raw_packet_caps == 0)
    #expect(attributes.packet_pacing_caps.qp_rate_limit_max == 0)
    #expect(attributes.phys_port_cnt_ex == 1)
    #expect(attributes.device_cap_flags_ex & 0xffff_ffff == UInt64(attributes.orig_attr.device_cap_flags))
}

@Test func domainsGoInTheOrderOfTheirUse() throws {
    let device = try OpenedDevice()
    let base = unsafe try device.domain()
    var none = ibv_td_init_attr()
    let thread = unsafe try #require(unsafe ibv_alloc_td(device.context, &none))
    var attributes = unsafe ibv_parent_domain_init_attr()
    unsafe attributes.pd = unsafe base
    unsafe attributes.td = unsafe thread
    let parent = unsafe try #require(unsafe ibv_alloc_parent_domain(device.context, &attributes))
    let queue = unsafe try device.queue()
    let pair = unsafe try device.pair(parent, queue)
    #expect(unsafe pair.pointee.pd == parent)
    #expect(unsafe ibv_dealloc_pd(parent) == EBUSY && ibv_dealloc_pd(base) == EBUSY && ibv_dealloc_td(thread) == EBUSY)
    #expect(unsafe ibv_destroy_qp(pair) == 0)
    #expect(unsafe ibv_dealloc_pd(parent) == 0)
    #expect(unsafe ibv_dealloc_td(thread) == 0)
    #expect(unsafe ibv_dealloc_pd(base) == 0)
    #expect(unsafe ibv_destroy_cq(queue) == 0)
}
