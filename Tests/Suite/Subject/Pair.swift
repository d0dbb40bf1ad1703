// Pair.swift - a queue pair.

import CVerbs

@safe
final class Pair: Object {
    let pointer: UnsafeMutablePointer<ibv_qp>
    let kind: Kind
    let device: Device
    let granted: ibv_qp_cap
    let interface: Interface

    init(_ domain: Domain, send: Queue, receive: Queue, _ plan: PairPlan) throws {
        var attributes = unsafe ibv_qp_init_attr()
        unsafe attributes.send_cq = unsafe send.pointer
        unsafe attributes.recv_cq = unsafe receive.pointer
        unsafe attributes.srq = unsafe plan.shared?.pointer
        unsafe attributes.qp_type = ibv_qp_type(rawValue: plan.kind.rawValue)
        unsafe attributes.sq_sig_all = plan.signalsAll ? 1 : 0
        unsafe attributes.cap = ibv_qp_cap(
            max_send_wr: plan.sends, max_recv_wr: plan.receives, max_send_sge: plan.sendElements,
            max_recv_sge: plan.receiveElements, max_inline_data: plan.inlineBytes)
        interface = plan.interface
        let made =
            if let extended = plan.extended {
                unsafe Self.target(extended)
            } else if interface == .plain {
                unsafe ibv_create_qp(domain.pointer, &attributes)
            } else {
                unsafe Self.extended(domain, &attributes, plan)
            }
        guard let made = unsafe made else { throw Refused(function: "ibv_create_qp") }
        unsafe pointer = unsafe made
        kind = plan.kind
        device = domain.device
        granted = unsafe attributes.cap
    }

    /// The receiving half of an extended connection: it has no domain of its own, and no queues.
    private static func target(_ domain: ExtendedDomain) -> UnsafeMutablePointer<ibv_qp>? {
        var attributes = unsafe ibv_qp_init_attr_ex()
        unsafe attributes.qp_type = IBV_QPT_XRC_RECV
        unsafe attributes.comp_mask = IBV_QP_INIT_ATTR_XRCD.rawValue
        unsafe attributes.xrcd = unsafe domain.pointer
        return unsafe ibv_create_qp_ex(domain.device.context, &attributes)
    }

    /// With every operation of its kind that moves bytes.
    private static func extended(
        _ domain: Domain, _ plain: UnsafeMutablePointer<ibv_qp_init_attr>, _ plan: PairPlan
    ) -> UnsafeMutablePointer<ibv_qp>? {
        var attributes = unsafe ibv_qp_init_attr_ex()
        unsafe attributes.send_cq = unsafe plain.pointee.send_cq
        unsafe attributes.recv_cq = unsafe plain.pointee.recv_cq
        unsafe attributes.srq = unsafe plain.pointee.srq
        unsafe attributes.cap = unsafe plain.pointee.cap
        unsafe attributes.qp_type = unsafe plain.pointee.qp_type
        unsafe attributes.sq_sig_all = unsafe plain.pointee.sq_sig_all
        unsafe attributes.pd = unsafe domain.pointer
        unsafe attributes.comp_mask = IBV_QP_INIT_ATTR_PD.rawValue | IBV_QP_INIT_ATTR_SEND_OPS_FLAGS.rawValue
        unsafe attributes.send_ops_flags = operations(plan.kind)
        if plan.flags != 0 {
            unsafe attributes.comp_mask |= IBV_QP_INIT_ATTR_CREATE_FLAGS.rawValue
            unsafe attributes.create_flags = plan.flags
        }
        let made = unsafe ibv_create_qp_ex(domain.device.context, &attributes)
        unsafe plain.pointee.cap = unsafe attributes.cap
        return unsafe made
    }

    /// enum ibv_qp_create_send_ops_flags.
    static func operations(_ kind: Kind) -> UInt64 {
        switch kind {
        case .reliable, .extendedInitiator: 0x107f
        case .extendedTarget: 0
        case .unreliable: 0x0f
        case .datagram: 0x0c
        }
    }

    override func destroyNow() -> Int32 { unsafe ibv_destroy_qp(pointer) }

    var number: UInt32 { unsafe pointer.pointee.qp_num }

    func modify(_ attributes: ibv_qp_attr, _ mask: UInt32) -> Int32 {
        var attributes = attributes
        return unsafe ibv_modify_qp(pointer, &attributes, Int32(bitPattern: mask))
    }

    func query() throws -> (attributes: ibv_qp_attr, creation: ibv_qp_init_attr) {
        var attributes = ibv_qp_attr()
        var creation = unsafe ibv_qp_init_attr()
        let code = unsafe ibv_query_qp(pointer, &attributes, 0x1f_ffff, &creation)
        guard code == 0 else { throw Refused(function: "ibv_query_qp", code: code) }
        return unsafe (attributes, creation)
    }

    func state() throws -> State {
        let raw = unsafe try query().attributes.qp_state.rawValue
        guard let state = State(rawValue: raw) else { throw Refused(function: "ibv_query_qp", code: Int32(raw)) }
        return state
    }

    func postSend(_ request: Send) -> Int32 {
        if interface == .extended { return unsafe Posting.build(request, on: ibv_qp_to_qp_ex(pointer)) }
        return unsafe Posting.send(request) { raw, bad in unsafe ibv_post_send(pointer, raw, bad) }
    }

    func postReceive(_ id: UInt64, _ elements: [Element], count: Int32? = nil) -> Int32 {
        unsafe Posting.receive(id, elements, count: count) { raw, bad in unsafe ibv_post_recv(pointer, raw, bad) }
    }
}
