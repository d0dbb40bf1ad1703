// QueuePairCreationFunctions.swift - making queue pairs, plain and extended.
//
// Owns: which extensions of the creation attributes are known, and filling the public struct. Does not: know sizes and
// limits (the device).
// C counterpart: ibv_create_qp(3), ibv_create_qp_ex(3).

import CVerbs
import Device
import Verbs

/// The service of a queue pair. Types that exist but are not served answer EOPNOTSUPP.
private func queuePairType(_ type: ibv_qp_type) throws(VerbsErrno) -> QueuePairType {
    if let known = UInt8(exactly: type.rawValue).flatMap(QueuePairType.init(rawValue:)) { return known }
    switch type {
    case IBV_QPT_RAW_PACKET, IBV_QPT_DRIVER: throw .notSupported
    default: throw .invalidArgument
    }
}

@c @implementation
public func ibv_create_qp(
    _ domain: UnsafeMutablePointer<ibv_pd>?, _ attributes: UnsafeMutablePointer<ibv_qp_init_attr>?
) -> UnsafeMutablePointer<ibv_qp>? {
    unsafe created(under: domain) { domain, _ throws(VerbsErrno) in
        guard let attributes = unsafe attributes else { throw .invalidArgument }
        return unsafe try makeQueuePair(under: domain, attributes, sendOperations: nil, flags: [])
    }
}

/// Slot of the context's table: the inline function comes here for whatever needs more than a protection domain.
@c(verbena_create_qp_ex)
func createQueuePairExtended(
    _ context: UnsafeMutablePointer<ibv_context>?, _ attributes: UnsafeMutablePointer<ibv_qp_init_attr_ex>?
) -> UnsafeMutablePointer<ibv_qp>? {
    unsafe created(under: context) { _, _ throws(VerbsErrno) in
        guard let attributes = unsafe attributes else { throw .invalidArgument }
        let flags = unsafe try creationFlags(of: attributes.pointee)
        // The extended attributes begin with the plain ones.
        let plain = unsafe UnsafeMutableRawPointer(attributes).assumingMemoryBound(to: ibv_qp_init_attr.self)
        if unsafe attributes.pointee.qp_type == IBV_QPT_XRC_RECV {
            return unsafe try makeTarget(in: xrcDomain(of: attributes.pointee), plain)
        }
        let pair = unsafe try makeQueuePair(
            under: domain(of: attributes.pointee), plain, sendOperations: sendOperations(of: attributes.pointee), flags: flags)
        if unsafe pair.live.batch != nil { unsafe fillSendInterface(of: pair.extended) }
        return unsafe pair
    }
}

/// The flags of creation. Extensions that the device does not have are refused, as are those that this header does not know.
private func creationFlags(of attributes: ibv_qp_init_attr_ex) throws(VerbsErrno) -> QueuePairCreationFlags {
    let served =
        IBV_QP_INIT_ATTR_PD.rawValue | IBV_QP_INIT_ATTR_CREATE_FLAGS.rawValue
        | IBV_QP_INIT_ATTR_SEND_OPS_FLAGS.rawValue | IBV_QP_INIT_ATTR_XRCD.rawValue
    guard unsafe attributes.comp_mask & ~served == 0 else { throw .notSupported }
    guard unsafe attributes.comp_mask & IBV_QP_INIT_ATTR_CREATE_FLAGS.rawValue != 0 else { return [] }
    let flags = unsafe QueuePairCreationFlags(rawValue: attributes.create_flags)
    try flags.check()
    return flags
}

/// The domain is there only when the mask says so.
private func domain(of attributes: ibv_qp_init_attr_ex) throws(VerbsErrno) -> UnsafeMutablePointer<ibv_pd> {
    guard unsafe attributes.comp_mask & IBV_QP_INIT_ATTR_PD.rawValue != 0 else { throw .invalidArgument }
    return unsafe try checked(attributes.pd)
}

/// What a target needs instead of a protection domain.
private func xrcDomain(of attributes: ibv_qp_init_attr_ex) throws(VerbsErrno) -> UnsafeMutablePointer<ibv_xrcd> {
    guard unsafe attributes.comp_mask & IBV_QP_INIT_ATTR_XRCD.rawValue != 0 else { throw .invalidArgument }
    return unsafe try checked(attributes.xrcd)
}

/// Nil: the queue pair is made without the extended send interface.
private func sendOperations(of attributes: ibv_qp_init_attr_ex) -> SendOperations? {
    guard unsafe attributes.comp_mask & IBV_QP_INIT_ATTR_SEND_OPS_FLAGS.rawValue != 0 else { return nil }
    return unsafe SendOperations(rawValue: attributes.send_ops_flags)
}

private func makeQueuePair(
    under domain: UnsafeMutablePointer<ibv_pd>, _ attributes: UnsafeMutablePointer<ibv_qp_init_attr>,
    sendOperations: SendOperations?, flags: QueuePairCreationFlags
) throws(VerbsErrno) -> UnsafeMutablePointer<ibv_qp> {
    let type = unsafe try queuePairType(attributes.pointee.qp_type)
    // What a forked child inherited does not mix with what it made itself.
    let sendQueue = unsafe try checked(attributes.pointee.send_cq)
    // The sending half of an extended connection receives nothing: what is given for that is not looked at.
    let receives = type.hasReceiveQueue
    let receiveQueue = unsafe receives ? try checked(attributes.pointee.recv_cq).live : nil
    if receives, unsafe attributes.pointee.srq != nil { _ = unsafe try checked(attributes.pointee.srq) }
    let made = unsafe try domain.live.createQueuePair(
        type: type, capabilities: QueuePairCapabilities(attributes.pointee.cap), sendQueue: sendQueue.live,
        receiveQueue: receiveQueue, sharedReceiveQueue: receives ? attributes.pointee.srq?.live : nil,
        signalAll: attributes.pointee.sq_sig_all != 0, sendOperations: sendOperations, flags: flags)
    let pair = unsafe UnsafeMutablePointer<ibv_qp>.make(holding: made, under: domain)
    unsafe fill(pair, made, context: domain.pointee.context, attributes.pointee)
    unsafe pair.pointee.pd = unsafe domain
    unsafe pair.pointee.send_cq = unsafe attributes.pointee.send_cq
    unsafe pair.pointee.recv_cq = unsafe receives ? attributes.pointee.recv_cq : nil
    unsafe pair.pointee.srq = unsafe receives ? attributes.pointee.srq : nil
    unsafe attributes.pointee.cap = made.capabilities.c
    return unsafe pair
}

/// The receiving half of an extended connection: no queues, no protection domain.
private func makeTarget(
    in domain: UnsafeMutablePointer<ibv_xrcd>, _ attributes: UnsafeMutablePointer<ibv_qp_init_attr>
) throws(VerbsErrno) -> UnsafeMutablePointer<ibv_qp> {
    let made = unsafe try domain.live.createTarget()
    let pair = unsafe UnsafeMutablePointer<ibv_qp>.make(holding: made, under: domain)
    unsafe fill(pair, made, context: domain.pointee.context, attributes.pointee)
    unsafe attributes.pointee.cap = made.capabilities.c
    return unsafe pair
}

/// Slot of the context's table: another handle on a target that some process made in the same domain.
@c(verbena_open_qp)
func openQueuePair(
    _ context: UnsafeMutablePointer<ibv_context>?, _ attributes: UnsafeMutablePointer<ibv_qp_open_attr>?
) -> UnsafeMutablePointer<ibv_qp>? {
    unsafe created(under: context) { context, _ throws(VerbsErrno) in
        guard let attributes = unsafe attributes?.pointee else { throw .invalidArgument }
        let needed =
            IBV_QP_OPEN_ATTR_NUM.rawValue | IBV_QP_OPEN_ATTR_XRCD.rawValue | IBV_QP_OPEN_ATTR_TYPE.rawValue
        guard unsafe attributes.comp_mask < IBV_QP_OPEN_ATTR_RESERVED.rawValue else { throw .notSupported }
        guard unsafe attributes.comp_mask & needed == needed, unsafe attributes.qp_type == IBV_QPT_XRC_RECV else {
            throw .invalidArgument
        }
        let domain = unsafe try checked(attributes.xrcd)
        let number = unsafe attributes.qp_num
        let made = unsafe try domain.live.openTarget(QueuePairNumber(rawValue: number))
        let pair = unsafe UnsafeMutablePointer<ibv_qp>.make(holding: made, under: domain)
        var creation = unsafe ibv_qp_init_attr()
        unsafe creation.qp_type = IBV_QPT_XRC_RECV
        if unsafe attributes.comp_mask & IBV_QP_OPEN_ATTR_CONTEXT.rawValue != 0 {
            unsafe creation.qp_context = unsafe attributes.qp_context
        }
        unsafe fill(pair, made, context: context, creation)
        unsafe pair.pointee.handle = number
        unsafe pair.pointee.qp_num = number
        unsafe pair.pointee.state = ibv_qp_state(rawValue: UInt32(made.query().state.rawValue))
        return unsafe pair
    }
}

private func fill(
    _ pair: UnsafeMutablePointer<ibv_qp>, _ live: QueuePair, context: UnsafeMutablePointer<ibv_context>?,
    _ attributes: ibv_qp_init_attr
) {
    unsafe live.userPointer = UnsafeMutableRawPointer(pair)
    unsafe pair.pointee.context = unsafe context
    unsafe pair.pointee.qp_context = unsafe attributes.qp_context
    unsafe pair.pointee.handle = live.number.rawValue
    unsafe pair.pointee.qp_num = live.number.rawValue
    unsafe pair.pointee.state = IBV_QPS_RESET
    unsafe pair.pointee.qp_type = unsafe attributes.qp_type
    unsafe pair.monitor.initialize()
}
