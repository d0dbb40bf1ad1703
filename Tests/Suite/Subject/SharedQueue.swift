// SharedQueue.swift - a shared receive queue.

import CVerbs

@safe
final class SharedQueue: Object {
    let pointer: UnsafeMutablePointer<ibv_srq>
    let granted: ibv_srq_attr

    init(_ domain: Domain, requests: UInt32, elements: UInt32 = 1, limit: UInt32 = 0) throws {
        var attributes = unsafe ibv_srq_init_attr(
            srq_context: nil, attr: ibv_srq_attr(max_wr: requests, max_sge: elements, srq_limit: limit))
        guard let made = unsafe ibv_create_srq(domain.pointer, &attributes) else { throw Refused(function: "ibv_create_srq") }
        unsafe pointer = unsafe made
        granted = unsafe attributes.attr
    }

    /// A queue that requests of extended connections name: it brings its own completion queue.
    init(_ domain: Domain, extended: ExtendedDomain, completions: Queue, requests: UInt32) throws {
        var attributes = unsafe ibv_srq_init_attr_ex()
        unsafe attributes.attr = ibv_srq_attr(max_wr: requests, max_sge: 1, srq_limit: 0)
        unsafe attributes.comp_mask = 0xf
        unsafe attributes.srq_type = IBV_SRQT_XRC
        unsafe attributes.pd = unsafe domain.pointer
        unsafe attributes.xrcd = unsafe extended.pointer
        unsafe attributes.cq = unsafe completions.pointer
        guard let made = unsafe ibv_create_srq_ex(domain.device.context, &attributes) else { throw Refused(function: "ibv_create_srq_ex") }
        unsafe pointer = unsafe made
        granted = unsafe attributes.attr
    }

    /// By which requests of extended connections name it.
    func number() throws -> UInt32 {
        var number: UInt32 = 0
        let code = unsafe ibv_get_srq_num(pointer, &number)
        guard code == 0 else { throw Refused(function: "ibv_get_srq_num", code: code) }
        return number
    }

    override func destroyNow() -> Int32 { unsafe ibv_destroy_srq(pointer) }

    func query() throws -> ibv_srq_attr {
        var seen = ibv_srq_attr()
        let code = unsafe ibv_query_srq(pointer, &seen)
        guard code == 0 else { throw Refused(function: "ibv_query_srq", code: code) }
        return seen
    }

    func modify(_ mask: Int32, requests: UInt32 = 0, limit: UInt32 = 0) -> Int32 {
        var attributes = ibv_srq_attr(max_wr: requests, max_sge: 0, srq_limit: limit)
        return unsafe ibv_modify_srq(pointer, &attributes, mask)
    }

    func postReceive(_ id: UInt64, _ elements: [Element], count: Int32? = nil) -> Int32 {
        unsafe Posting.receive(id, elements, count: count) { request, bad in unsafe ibv_post_srq_recv(pointer, request, bad) }
    }
}
