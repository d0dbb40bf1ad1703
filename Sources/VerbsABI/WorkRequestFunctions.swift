// WorkRequestFunctions.swift - posting: the path that every message takes.
//
// Owns: the walk along a list of work requests, each converted on the stack. Does not: allocate, lock, or retain.
// The first request that fails stops the walk: `*bad` names it and the positive errno is returned; those before it are
// posted. Does not: validate requests (the device), except for what cannot be expressed in Swift.
// C counterpart: ibv_post_send(3), ibv_post_recv(3), ibv_post_srq_recv(3).

import CVerbs
import Device
import Verbs

private typealias BadSend = UnsafeMutablePointer<UnsafeMutablePointer<ibv_send_wr>?>
private typealias BadReceive = UnsafeMutablePointer<UnsafeMutablePointer<ibv_recv_wr>?>

@c(verbena_post_send)
func postSend(
    _ pair: UnsafeMutablePointer<ibv_qp>?, _ list: UnsafeMutablePointer<ibv_send_wr>?,
    _ bad: UnsafeMutablePointer<UnsafeMutablePointer<ibv_send_wr>?>?
) -> Int32 {
    guard let pair = unsafe pair, unsafe pair.isOurs else { return unsafe refusedSend(list, bad) }
    let isDatagram = unsafe pair.pointee.qp_type == IBV_QPT_UD
    let isExtended = unsafe pair.pointee.qp_type == IBV_QPT_XRC_SEND
    return unsafe pair.unmanaged._withUnsafeGuaranteedRef { live in
        var next = unsafe list
        while let current = unsafe next {
            let code = unsafe isExpressible(current, isDatagram: isDatagram)
                ? live.postSend(sendRequest(current, isDatagram: isDatagram, isExtended: isExtended)) : VerbsErrno.invalidArgument.rawValue
            if code != 0 {
                unsafe bad?.pointee = unsafe current
                return code
            }
            unsafe next = unsafe current.pointee.next
        }
        return 0
    }
}

/// False for flags that no header defines, and for pointers that must be there and are not.
@inline(__always)
private func isExpressible(_ c: UnsafeMutablePointer<ibv_send_wr>, isDatagram: Bool) -> Bool {
    unsafe SendFlags(rawValue: c.pointee.send_flags).isSubset(of: .known)
        && (c.pointee.sg_list != nil || c.pointee.num_sge <= 0)
        && (!isDatagram || c.pointee.wr.ud.ah != nil)
}

/// False for a list of elements that must be there and is not.
@inline(__always)
private func isExpressible(_ c: UnsafeMutablePointer<ibv_recv_wr>) -> Bool {
    unsafe c.pointee.sg_list != nil || c.pointee.num_sge <= 0
}

@inline(__always)
private func sendRequest(
    _ c: UnsafeMutablePointer<ibv_send_wr>, isDatagram: Bool, isExtended: Bool
) -> SendRequest {
    var request = unsafe SendRequest(
        workRequestID: c.pointee.wr_id, elements: elements(c.pointee.sg_list), elementCount: c.pointee.num_sge,
        opcode: c.pointee.opcode.rawValue, flags: SendFlags(rawValue: c.pointee.send_flags))
    unsafe request.immediate = c.pointee.imm_data
    if isExtended {
        unsafe request.remoteSharedReceiveQueue = SharedReceiveQueueNumber(rawValue: c.pointee.qp_type.xrc.remote_srqn)
    }
    if isDatagram {
        unsafe request.addressHandle = unsafe c.pointee.wr.ud.ah?.unmanaged
        unsafe request.remoteQueuePair = QueuePairNumber(rawValue: c.pointee.wr.ud.remote_qpn)
        unsafe request.remoteQueueKey = c.pointee.wr.ud.remote_qkey
    } else if unsafe c.pointee.opcode == IBV_WR_ATOMIC_CMP_AND_SWP || c.pointee.opcode == IBV_WR_ATOMIC_FETCH_AND_ADD {
        unsafe request.remoteAddress = c.pointee.wr.atomic.remote_addr
        unsafe request.remoteKey = MemoryKey(rawValue: c.pointee.wr.atomic.rkey)
        unsafe request.compareAdd = c.pointee.wr.atomic.compare_add
        unsafe request.swap = c.pointee.wr.atomic.swap
    } else if unsafe c.pointee.opcode == IBV_WR_BIND_MW {
        unsafe request.setBind(c.pointee.bind_mw.mw, c.pointee.bind_mw.rkey, c.pointee.bind_mw.bind_info)
    } else {
        unsafe request.remoteAddress = c.pointee.wr.rdma.remote_addr
        unsafe request.remoteKey = MemoryKey(rawValue: c.pointee.wr.rdma.rkey)
    }
    return request
}

/// `ScatterGatherElement` has the layout of `struct ibv_sge`.
@inline(__always)
private func elements(_ list: UnsafeMutablePointer<ibv_sge>?) -> UnsafePointer<ScatterGatherElement>? {
    unsafe UnsafeRawPointer(list)?.assumingMemoryBound(to: ScatterGatherElement.self)
}

@inline(never)
private func refusedSend(_ list: UnsafeMutablePointer<ibv_send_wr>?, _ bad: BadSend?) -> Int32 {
    unsafe bad?.pointee = unsafe list
    return inheritedObject.rawValue
}

@c(verbena_post_recv)
func postReceive(
    _ pair: UnsafeMutablePointer<ibv_qp>?, _ list: UnsafeMutablePointer<ibv_recv_wr>?,
    _ bad: UnsafeMutablePointer<UnsafeMutablePointer<ibv_recv_wr>?>?
) -> Int32 {
    guard let pair = unsafe pair, unsafe pair.isOurs else { return unsafe refusedReceive(list, bad) }
    return unsafe pair.unmanaged._withUnsafeGuaranteedRef { live in
        unsafe walk(list, bad) { unsafe live.postReceive(workRequestID: $0, elements: $1, count: $2) }
    }
}

@c(verbena_post_srq_recv)
func postSharedReceive(
    _ queue: UnsafeMutablePointer<ibv_srq>?, _ list: UnsafeMutablePointer<ibv_recv_wr>?,
    _ bad: UnsafeMutablePointer<UnsafeMutablePointer<ibv_recv_wr>?>?
) -> Int32 {
    guard let queue = unsafe queue, unsafe queue.isOurs else { return unsafe refusedReceive(list, bad) }
    return unsafe queue.unmanaged._withUnsafeGuaranteedRef { live in
        unsafe walk(list, bad) { unsafe live.postReceive(workRequestID: $0, elements: $1, count: $2) }
    }
}

/// Posts one receive after the other until one is refused.
@inline(__always)
private func walk(
    _ list: UnsafeMutablePointer<ibv_recv_wr>?, _ bad: BadReceive?,
    _ post: (UInt64, UnsafePointer<ScatterGatherElement>?, Int32) -> Int32
) -> Int32 {
    var next = unsafe list
    while let current = unsafe next {
        let code = unsafe isExpressible(current)
            ? post(current.pointee.wr_id, elements(current.pointee.sg_list), current.pointee.num_sge)
            : VerbsErrno.invalidArgument.rawValue
        if code != 0 {
            unsafe bad?.pointee = unsafe current
            return code
        }
        unsafe next = unsafe current.pointee.next
    }
    return 0
}

@inline(never)
private func refusedReceive(_ list: UnsafeMutablePointer<ibv_recv_wr>?, _ bad: BadReceive?) -> Int32 {
    unsafe bad?.pointee = unsafe list
    return inheritedObject.rawValue
}
