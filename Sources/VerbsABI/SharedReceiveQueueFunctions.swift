// SharedReceiveQueueFunctions.swift - receive queues that several queue pairs share.
//
// Owns: `struct ibv_srq`. Does not: hold work requests (the device), post them (`WorkRequestFunctions.swift`).
// C counterpart: ibv_create_srq(3), ibv_create_srq_ex (basic type), ibv_modify_srq, ibv_query_srq, ibv_destroy_srq.
// Locking: the queue's mutex guards the count of acknowledged events, for which destroying waits; the mutex
// of the context guards what was delivered.

import CVerbs
import Device
import Verbs

extension ibv_srq: @unsafe VerbsObject {
    typealias Live = SharedReceiveQueue
}

extension UnsafeMutablePointer where Pointee == ibv_srq {
    var monitor: PublicMonitor {
        unsafe PublicMonitor(
            mutex: pointer(to: \.mutex).unsafelyUnwrapped, condition: pointer(to: \.cond).unsafelyUnwrapped)
    }

    fileprivate func waitForAcknowledgement() {
        unsafe monitor.wait { unsafe pointee.events_completed == half.pointee.asyncEventsDelivered }
    }
}

@c @implementation
public func ibv_create_srq(
    _ domain: UnsafeMutablePointer<ibv_pd>?, _ attributes: UnsafeMutablePointer<ibv_srq_init_attr>?
) -> UnsafeMutablePointer<ibv_srq>? {
    unsafe created(under: domain) { domain, _ throws(VerbsErrno) in
        guard let attributes = unsafe attributes else { throw .invalidArgument }
        return unsafe try makeSharedReceiveQueue(under: domain, attributes)
    }
}

/// Slot of the context's table: the inline function comes here for whatever is not a plain basic queue.
@c(verbena_create_srq_ex)
func createSharedReceiveQueueExtended(
    _ context: UnsafeMutablePointer<ibv_context>?, _ attributes: UnsafeMutablePointer<ibv_srq_init_attr_ex>?
) -> UnsafeMutablePointer<ibv_srq>? {
    unsafe created(under: context) { _, _ throws(VerbsErrno) in
        guard let attributes = unsafe attributes else { throw .invalidArgument }
        let known = IBV_SRQ_INIT_ATTR_RESERVED.rawValue - 1
        let mask = unsafe attributes.pointee.comp_mask
        guard mask & ~known == 0 else { throw .notSupported }
        guard mask & IBV_SRQ_INIT_ATTR_PD.rawValue != 0 else { throw .invalidArgument }
        let domain = unsafe try checked(attributes.pointee.pd)
        // The extended attributes begin with the plain ones.
        let plain = unsafe UnsafeMutableRawPointer(attributes).assumingMemoryBound(to: ibv_srq_init_attr.self)
        switch unsafe mask & IBV_SRQ_INIT_ATTR_TYPE.rawValue == 0 ? IBV_SRQT_BASIC : attributes.pointee.srq_type {
        case IBV_SRQT_BASIC: return unsafe try makeSharedReceiveQueue(under: domain, plain)
        case IBV_SRQT_XRC: return unsafe try makeExtended(under: domain, attributes.pointee, plain)
        case IBV_SRQT_TM: throw .notSupported
        default: throw .invalidArgument
        }
    }
}

private func makeSharedReceiveQueue(
    under domain: UnsafeMutablePointer<ibv_pd>, _ attributes: UnsafeMutablePointer<ibv_srq_init_attr>
) throws(VerbsErrno) -> UnsafeMutablePointer<ibv_srq> {
    let made = unsafe try domain.live.createSharedReceiveQueue(
        workRequests: attributes.pointee.attr.max_wr, elements: attributes.pointee.attr.max_sge,
        limit: attributes.pointee.attr.srq_limit)
    return unsafe publish(made, under: domain, attributes)
}

/// A queue that messages of extended connections name: it brings its own completion queue.
private func makeExtended(
    under domain: UnsafeMutablePointer<ibv_pd>, _ attributes: ibv_srq_init_attr_ex,
    _ plain: UnsafeMutablePointer<ibv_srq_init_attr>
) throws(VerbsErrno) -> UnsafeMutablePointer<ibv_srq> {
    let needed = IBV_SRQ_INIT_ATTR_XRCD.rawValue | IBV_SRQ_INIT_ATTR_CQ.rawValue
    guard unsafe attributes.comp_mask & needed == needed else { throw .invalidArgument }
    let completionQueue = unsafe try checked(attributes.cq)
    let made = unsafe try checked(attributes.xrcd).live.createSharedReceiveQueue(
        domain: domain.live, completionQueue: completionQueue.live, workRequests: attributes.attr.max_wr,
        elements: attributes.attr.max_sge, limit: attributes.attr.srq_limit)
    return unsafe publish(made, under: domain, plain)
}

private func publish(
    _ made: SharedReceiveQueue, under domain: UnsafeMutablePointer<ibv_pd>,
    _ attributes: UnsafeMutablePointer<ibv_srq_init_attr>
) -> UnsafeMutablePointer<ibv_srq> {
    let queue = unsafe UnsafeMutablePointer<ibv_srq>.make(holding: made, under: domain)
    unsafe queue.pointee.context = unsafe domain.pointee.context
    unsafe queue.pointee.srq_context = unsafe attributes.pointee.srq_context
    unsafe queue.pointee.pd = unsafe domain
    unsafe queue.monitor.initialize()
    unsafe made.userPointer = UnsafeMutableRawPointer(queue)
    unsafe put(made, into: &attributes.pointee.attr)
    return unsafe queue
}

@c @implementation
public func ibv_modify_srq(
    _ queue: UnsafeMutablePointer<ibv_srq>?, _ attributes: UnsafeMutablePointer<ibv_srq_attr>?, _ mask: Int32
) -> Int32 {
    unsafe performed(on: queue) { _, live throws(VerbsErrno) in
        let mask = UInt32(bitPattern: mask)
        let known = IBV_SRQ_MAX_WR.rawValue | IBV_SRQ_LIMIT.rawValue
        guard let attributes = unsafe attributes, mask & ~known == 0 else { throw .invalidArgument }
        // The device does not resize, and does not show IBV_DEVICE_SRQ_RESIZE: EINVAL then, as mlx4 and mlx5 answer.
        guard mask & IBV_SRQ_MAX_WR.rawValue == 0 else { throw .invalidArgument }
        if mask & IBV_SRQ_LIMIT.rawValue != 0 { unsafe try live.arm(limit: attributes.pointee.srq_limit) }
    }
}

@c @implementation
public func ibv_query_srq(
    _ queue: UnsafeMutablePointer<ibv_srq>?, _ attributes: UnsafeMutablePointer<ibv_srq_attr>?
) -> Int32 {
    unsafe performed(on: queue) { _, live throws(VerbsErrno) in
        guard let attributes = unsafe attributes else { throw .invalidArgument }
        unsafe put(live, into: &attributes.pointee)
    }
}

private func put(_ live: SharedReceiveQueue, into attributes: inout ibv_srq_attr) {
    attributes.max_wr = live.workRequests
    attributes.max_sge = live.elements
    attributes.srq_limit = live.limit
}

@c @implementation
public func ibv_destroy_srq(_ queue: UnsafeMutablePointer<ibv_srq>?) -> Int32 {
    unsafe performed(on: queue) { queue, live throws(VerbsErrno) in
        try live.destroy()
        // From here on no event finds it: the count of delivered events is final.
        unsafe withContextLocked(queue.pointee.context) { unsafe live.userPointer = nil }
        unsafe queue.waitForAcknowledgement()
        unsafe queue.monitor.destroy()
        unsafe queue.free()
    }
}
