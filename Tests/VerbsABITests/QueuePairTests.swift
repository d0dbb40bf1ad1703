// QueuePairTests.swift - queue pairs and shared receive queues through the C functions.

import CVerbs
import Testing
import Verbs

@Test func aPairShowsWhatItWasMadeOf() throws {
    let device = try OpenedDevice()
    let domain = unsafe try device.domain()
    let queue = unsafe try device.queue()
    var attributes = unsafe pairAttributes(queue, type: IBV_QPT_RC)
    var cookie = 0
    unsafe withUnsafeMutableBytes(of: &cookie) { unsafe attributes.qp_context = $0.baseAddress }
    let pair = unsafe try #require(unsafe ibv_create_qp(domain, &attributes))
    #expect(unsafe pair.pointee.qp_context == attributes.qp_context)
    #expect(unsafe pair.pointee.pd == domain && pair.pointee.context == device.context)
    #expect(unsafe pair.pointee.send_cq == queue && pair.pointee.recv_cq == queue && pair.pointee.srq == nil)
    #expect(unsafe pair.pointee.qp_num > 1 && pair.pointee.qp_num < 0xff_ffff)
    #expect(unsafe pair.pointee.state == IBV_QPS_RESET && pair.pointee.qp_type == IBV_QPT_RC)
    #expect(unsafe attributes.cap.max_send_wr >= 8 && attributes.cap.max_inline_data >= 64)
    #expect(unsafe ibv_destroy_cq(queue) == EBUSY)
    #expect(unsafe ibv_dealloc_pd(domain) == EBUSY)
    #expect(unsafe ibv_destroy_qp(pair) == 0)
    #expect(unsafe ibv_destroy_cq(queue) == 0)
    #expect(unsafe ibv_dealloc_pd(domain) == 0)
}

@Test func pairsBeyondTheDeviceAreRefused() throws {
    let device = try OpenedDevice()
    let domain = unsafe try device.domain()
    let queue = unsafe try device.queue()
    var limits = ibv_device_attr()
    #expect(unsafe ibv_query_device(device.context, &limits) == 0)
    let spoilers: [(String, Int32, (inout ibv_qp_init_attr) -> Void)] = unsafe [
        ("inline", EINVAL, { unsafe $0.cap.max_inline_data = 1 << 20 }),
        ("send requests", EINVAL, { unsafe $0.cap.max_send_wr = UInt32(limits.max_qp_wr) + 1 }),
        ("receive elements", EINVAL, { unsafe $0.cap.max_recv_sge = UInt32(limits.max_sge) + 1 }),
        ("send queue", EINVAL, { unsafe $0.send_cq = nil }),
        ("receive queue", EINVAL, { unsafe $0.recv_cq = nil }),
        ("raw packets", EOPNOTSUPP, { unsafe $0.qp_type = IBV_QPT_RAW_PACKET }),
        ("an XRC target without its domain", EINVAL, { unsafe $0.qp_type = IBV_QPT_XRC_RECV }),
        ("no type", EINVAL, { unsafe $0.qp_type = ibv_qp_type(rawValue: 77) }),
        ("a type beyond a byte", EINVAL, { unsafe $0.qp_type = ibv_qp_type(rawValue: 0x102) }),
    ]
    for unsafe (name, expected, spoil) in unsafe spoilers {
        var attributes = unsafe pairAttributes(queue, type: IBV_QPT_RC)
        unsafe spoil(&attributes)
        errorNumber = 0
        #expect(unsafe ibv_create_qp(domain, &attributes) == nil, "\(name)")
        #expect(errorNumber == expected, "\(name)")
    }
    #expect(unsafe ibv_destroy_cq(queue) == 0)
    #expect(unsafe ibv_dealloc_pd(domain) == 0)
}

@Test func extendedCreationServesWhatIsPlain() throws {
    let device = try OpenedDevice()
    let domain = unsafe try device.domain()
    let queue = unsafe try device.queue()
    var attributes = unsafe ibv_qp_init_attr_ex()
    let plain = unsafe pairAttributes(queue, type: IBV_QPT_UD)
    unsafe attributes.send_cq = unsafe plain.send_cq
    unsafe attributes.recv_cq = unsafe plain.recv_cq
    unsafe attributes.cap = plain.cap
    unsafe attributes.qp_type = plain.qp_type
    unsafe attributes.pd = unsafe domain
    unsafe attributes.comp_mask = IBV_QP_INIT_ATTR_PD.rawValue
    let pair = unsafe try #require(unsafe ibv_create_qp_ex(device.context, &attributes))
    #expect(unsafe ibv_destroy_qp(pair) == 0)
    #expect(unsafe ibv_destroy_cq(queue) == 0)
    #expect(unsafe ibv_dealloc_pd(domain) == 0)
}

@Test func modifyReadsOnlyWhatItsMaskNames() throws {
    let device = try OpenedDevice()
    let domain = unsafe try device.domain()
    let queue = unsafe try device.queue()
    let pair = unsafe try device.pair(domain, queue)
    var attributes = ibv_qp_attr()
    // Uninitialised memory, as programs leave it.
    unsafe withUnsafeMutableBytes(of: &attributes) { bytes in
        for index in bytes.indices { unsafe bytes[index] = 0xee }
    }
    attributes.qp_state = IBV_QPS_INIT
    attributes.port_num = 1
    attributes.pkey_index = 0
    attributes.qp_access_flags = IBV_ACCESS_REMOTE_WRITE.rawValue
    let mask = IBV_QP_STATE.rawValue | IBV_QP_PKEY_INDEX.rawValue | IBV_QP_PORT.rawValue | IBV_QP_ACCESS_FLAGS.rawValue
    #expect(unsafe ibv_modify_qp(pair, &attributes, Int32(mask)) == 0)
    #expect(unsafe pair.pointee.state == IBV_QPS_INIT)

    attributes.qp_state = ibv_qp_state(rawValue: 0x101)
    #expect(unsafe ibv_modify_qp(pair, &attributes, Int32(IBV_QP_STATE.rawValue)) == EINVAL)
    attributes.qp_state = IBV_QPS_RTS
    #expect(unsafe ibv_modify_qp(pair, &attributes, Int32(IBV_QP_STATE.rawValue)) == EINVAL)
    #expect(unsafe ibv_modify_qp(pair, &attributes, 1 << 21) == EINVAL)
    #expect(unsafe ibv_modify_qp(pair, &attributes, -1) == EINVAL)
    #expect(unsafe pair.pointee.state == IBV_QPS_INIT)

    var seen = ibv_qp_attr()
    var creation = unsafe ibv_qp_init_attr()
    unsafe pair.pointee.state = IBV_QPS_RESET
    #expect(unsafe ibv_query_qp(pair, &seen, Int32(IBV_QP_STATE.rawValue), &creation) == 0)
    #expect(unsafe pair.pointee.state == IBV_QPS_INIT && seen.qp_state == IBV_QPS_INIT)
    #expect(seen.port_num == 1 && seen.qp_access_flags == IBV_ACCESS_REMOTE_WRITE.rawValue)
    #expect(unsafe creation.send_cq == queue && creation.qp_type == IBV_QPT_RC && creation.sq_sig_all == 0)
    #expect(unsafe creation.cap.max_send_wr == seen.cap.max_send_wr)
    #expect(unsafe ibv_destroy_qp(pair) == 0)
    #expect(unsafe ibv_destroy_cq(queue) == 0)
    #expect(unsafe ibv_dealloc_pd(domain) == 0)
}

@Test func sharedReceiveQueuesKeepTheirAttributes() throws {
    let device = try OpenedDevice()
    let domain = unsafe try device.domain()
    var attributes = unsafe ibv_srq_init_attr(
        srq_context: nil, attr: ibv_srq_attr(max_wr: 10, max_sge: 2, srq_limit: 0))
    let queue = unsafe try #require(unsafe ibv_create_srq(domain, &attributes))
    #expect(unsafe attributes.attr.max_wr >= 10 && attributes.attr.max_sge >= 2)
    var change = ibv_srq_attr(max_wr: 0, max_sge: 0, srq_limit: 4)
    #expect(unsafe ibv_modify_srq(queue, &change, Int32(IBV_SRQ_LIMIT.rawValue)) == 0)
    change.srq_limit = 1000
    #expect(unsafe ibv_modify_srq(queue, &change, Int32(IBV_SRQ_LIMIT.rawValue)) == EINVAL)
    #expect(unsafe ibv_modify_srq(queue, &change, Int32(IBV_SRQ_MAX_WR.rawValue)) == EINVAL)
    #expect(unsafe ibv_modify_srq(queue, &change, 4) == EINVAL)
    var seen = ibv_srq_attr()
    #expect(unsafe ibv_query_srq(queue, &seen) == 0)
    #expect(unsafe seen.srq_limit == 4 && seen.max_wr == attributes.attr.max_wr)
    var number: UInt32 = 0
    #expect(unsafe ibv_get_srq_num(queue, &number) == EINVAL)
    #expect(unsafe ibv_destroy_srq(queue) == 0)
    unsafe attributes.attr.max_sge = 1000
    errorNumber = 0
    #expect(unsafe ibv_create_srq(domain, &attributes) == nil)
    #expect(errorNumber == EINVAL)
    #expect(unsafe ibv_dealloc_pd(domain) == 0)
}

@Test func addressVectorsSurviveTheConversion() throws {
    let device = try OpenedDevice()
    let domain = unsafe try device.domain()
    var gid = ibv_gid()
    #expect(unsafe ibv_query_gid(device.context, 1, 0, &gid) == 0)
    var attributes = ibv_ah_attr()
    attributes.grh.dgid = gid
    attributes.grh.hop_limit = 1
    attributes.is_global = 1
    attributes.port_num = 1
    let address = unsafe try #require(unsafe ibv_create_ah(domain, &attributes))
    #expect(unsafe address.pointee.pd == domain && address.pointee.context == device.context)
    #expect(unsafe ibv_destroy_ah(address) == 0)
    attributes.port_num = 9
    errorNumber = 0
    #expect(unsafe ibv_create_ah(domain, &attributes) == nil)
    #expect(errorNumber == EINVAL)
    #expect(unsafe ibv_dealloc_pd(domain) == 0)
}
