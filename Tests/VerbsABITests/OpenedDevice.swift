// OpenedDevice.swift - what most tests need: a context, a protection domain, a completion queue, memory.

import CVerbs
import Testing
import VerbsABI

/// A context that closes with the test.
@safe
final class OpenedDevice {
    let context: UnsafeMutablePointer<ibv_context>

    init() throws {
        let list = unsafe try #require(unsafe ibv_get_device_list(nil))
        unsafe context = try #require(unsafe ibv_open_device(list[0]))
        unsafe ibv_free_device_list(list)
    }

    deinit { unsafe ibv_close_device(context) }

    func domain() throws -> UnsafeMutablePointer<ibv_pd> { unsafe try #require(unsafe ibv_alloc_pd(context)) }

    func queue(
        _ entries: Int32 = 16, channel: UnsafeMutablePointer<ibv_comp_channel>? = nil
    ) throws -> UnsafeMutablePointer<ibv_cq> {
        unsafe try #require(unsafe ibv_create_cq(context, entries, nil, channel, 0))
    }

    func extendedQueue(
        _ entries: UInt32, channel: UnsafeMutablePointer<ibv_comp_channel>?, fields: UInt64
    ) throws -> UnsafeMutablePointer<ibv_cq> {
        var attributes = unsafe ibv_cq_init_attr_ex()
        unsafe attributes.cqe = entries
        unsafe attributes.channel = unsafe channel
        unsafe attributes.wc_flags = fields
        let queue = unsafe try #require(unsafe ibv_create_cq_ex(context, &attributes))
        return unsafe ibv_cq_ex_to_cq(queue)
    }

    func pair(
        _ domain: UnsafeMutablePointer<ibv_pd>, _ queue: UnsafeMutablePointer<ibv_cq>, type: ibv_qp_type = IBV_QPT_RC,
        shared: UnsafeMutablePointer<ibv_srq>? = nil
    ) throws -> UnsafeMutablePointer<ibv_qp> {
        var attributes = unsafe pairAttributes(queue, type: type)
        unsafe attributes.srq = unsafe shared
        return unsafe try #require(unsafe ibv_create_qp(domain, &attributes))
    }

    /// A pair with the extended send interface; nil, and errno, when it is refused.
    func extendedPair(
        _ domain: UnsafeMutablePointer<ibv_pd>, _ queue: UnsafeMutablePointer<ibv_cq>, type: ibv_qp_type = IBV_QPT_RC,
        operations: UInt64, _ change: (inout ibv_qp_init_attr_ex) -> Void = { _ in }
    ) -> UnsafeMutablePointer<ibv_qp>? {
        let plain = unsafe pairAttributes(queue, type: type)
        var attributes = unsafe ibv_qp_init_attr_ex()
        unsafe attributes.send_cq = unsafe plain.send_cq
        unsafe attributes.recv_cq = unsafe plain.recv_cq
        unsafe attributes.cap = plain.cap
        unsafe attributes.qp_type = plain.qp_type
        unsafe attributes.pd = unsafe domain
        unsafe attributes.comp_mask = IBV_QP_INIT_ATTR_PD.rawValue | IBV_QP_INIT_ATTR_SEND_OPS_FLAGS.rawValue
        unsafe attributes.send_ops_flags = operations
        unsafe change(&attributes)
        return unsafe ibv_create_qp_ex(context, &attributes)
    }
}

func pairAttributes(_ queue: UnsafeMutablePointer<ibv_cq>, type: ibv_qp_type) -> ibv_qp_init_attr {
    var attributes = unsafe ibv_qp_init_attr()
    unsafe attributes.send_cq = unsafe queue
    unsafe attributes.recv_cq = unsafe queue
    unsafe attributes.qp_type = type
    unsafe attributes.cap = ibv_qp_cap(
        max_send_wr: 8, max_recv_wr: 8, max_send_sge: 4, max_recv_sge: 4, max_inline_data: 64)
    return unsafe attributes
}

/// errno of this thread.
var errorNumber: Int32 {
    get { unsafe __errno_location().pointee }
    set { unsafe __errno_location().pointee = newValue }
}
