// ContextTables.swift - the functions that programs call through the context, by the inline functions of the header.
//
// Owns: every slot of `struct ibv_context_ops` and `struct verbs_context`. Does not: implement what it puts there.
// The inline functions check few slots for NULL, so none is left empty; what the device does not do answers EOPNOTSUPP.
// C counterpart: <infiniband/verbs.h>, the `static inline` functions.

import CVerbs
import Verbs

private var unsupported: Int32 { EOPNOTSUPP }

/// NULL and errno, whatever is asked for.
private func refused<Object>() -> UnsafeMutablePointer<Object>? {
    setErrno(.notSupported)
    return nil
}

func fillTables(of context: UnsafeMutablePointer<verbs_context>) {
    unsafe context.pointee.sz = MemoryLayout<verbs_context>.size
    let operations = unsafe context.pointer(to: \.context.ops).unsafelyUnwrapped
    unsafe fillOperations(operations)
    unsafe fillOperationsOfOldPrograms(operations)
    unsafe fillQueries(context)
    unsafe fillMemory(context)
    unsafe fillQueues(context)
    unsafe fillReceiveSteering(context)
}

private func fillOperations(_ operations: UnsafeMutablePointer<ibv_context_ops>) {
    unsafe operations.pointee.poll_cq = pollCompletionQueue
    unsafe operations.pointee.req_notify_cq = requestNotification
    unsafe operations.pointee.post_send = postSend
    unsafe operations.pointee.post_recv = postReceive
    unsafe operations.pointee.post_srq_recv = postSharedReceive
    unsafe operations.pointee.alloc_mw = allocateMemoryWindow
    unsafe operations.pointee.bind_mw = bindMemoryWindow
    unsafe operations.pointee.dealloc_mw = deallocateMemoryWindow
}

/// Slots that programs used before the library had symbol versions. What made an object answers NULL, the rest a code.
private func fillOperationsOfOldPrograms(_ operations: UnsafeMutablePointer<ibv_context_ops>) {
    let noObject: @convention(c) () -> UnsafeMutableRawPointer? = {
        setErrno(.notSupported)
        return nil
    }
    let noAction: @convention(c) () -> UnsafeMutableRawPointer? = {
        unsafe UnsafeMutableRawPointer(bitPattern: Int(unsupported))
    }
    unsafe operations.pointee._compat_query_device = { unsafe ibv_query_device($0, $1) }
    unsafe operations.pointee._compat_query_port = { unsafe ibv_query_port($0, $1, $2) }
    unsafe operations.pointee._compat_alloc_pd = unsafe noObject
    unsafe operations.pointee._compat_dealloc_pd = unsafe noAction
    unsafe operations.pointee._compat_reg_mr = unsafe noObject
    unsafe operations.pointee._compat_rereg_mr = unsafe noAction
    unsafe operations.pointee._compat_dereg_mr = unsafe noAction
    unsafe operations.pointee._compat_create_cq = unsafe noObject
    unsafe operations.pointee._compat_cq_event = unsafe noAction
    unsafe operations.pointee._compat_resize_cq = unsafe noAction
    unsafe operations.pointee._compat_destroy_cq = unsafe noAction
    unsafe operations.pointee._compat_create_srq = unsafe noObject
    unsafe operations.pointee._compat_modify_srq = unsafe noAction
    unsafe operations.pointee._compat_query_srq = unsafe noAction
    unsafe operations.pointee._compat_destroy_srq = unsafe noAction
    unsafe operations.pointee._compat_create_qp = unsafe noObject
    unsafe operations.pointee._compat_query_qp = unsafe noAction
    unsafe operations.pointee._compat_modify_qp = unsafe noAction
    unsafe operations.pointee._compat_destroy_qp = unsafe noAction
    unsafe operations.pointee._compat_create_ah = unsafe noObject
    unsafe operations.pointee._compat_destroy_ah = unsafe noAction
    unsafe operations.pointee._compat_attach_mcast = unsafe noAction
    unsafe operations.pointee._compat_detach_mcast = unsafe noAction
    unsafe operations.pointee._compat_async_event = unsafe noAction
}

private func fillQueries(_ context: UnsafeMutablePointer<verbs_context>) {
    unsafe context.pointee.query_port = queryPortExtended
    unsafe context.pointee.query_device_ex = queryDeviceExtended
    unsafe context.pointee.query_rt_values = queryRealTimeValues
    unsafe context.pointee.create_counters = { _, _ in unsafe refused() }
    unsafe context.pointee.destroy_counters = { _ in unsupported }
    unsafe context.pointee.attach_counters_point_flow = { _, _, _ in unsupported }
    unsafe context.pointee.read_counters = { _, _, _, _ in unsupported }
}

private func fillMemory(_ context: UnsafeMutablePointer<verbs_context>) {
    unsafe context.pointee.advise_mr = adviseMemory
    unsafe context.pointee.alloc_null_mr = allocateNullRegion
    unsafe context.pointee.alloc_dm = allocateDeviceMemory
    unsafe context.pointee.free_dm = freeDeviceMemory
    unsafe context.pointee.reg_dm_mr = registerDeviceMemory
    unsafe context.pointee.alloc_parent_domain = allocateParentDomain
    unsafe context.pointee.alloc_td = allocateThreadDomain
    unsafe context.pointee.dealloc_td = deallocateThreadDomain
}

private func fillQueues(_ context: UnsafeMutablePointer<verbs_context>) {
    unsafe context.pointee.create_cq_ex = createCompletionQueueExtended
    unsafe context.pointee.modify_cq = modifyCompletionQueue
    unsafe context.pointee.create_qp_ex = createQueuePairExtended
    unsafe context.pointee.open_qp = openQueuePair
    unsafe context.pointee.modify_qp_rate_limit = { _, _ in unsupported }
    unsafe context.pointee.create_srq_ex = createSharedReceiveQueueExtended
    unsafe context.pointee.get_srq_num = sharedReceiveQueueNumber
    unsafe context.pointee.post_srq_ops = { _, first, bad in
        unsafe bad?.pointee = unsafe first
        return unsupported
    }
    unsafe context.pointee.open_xrcd = openXRCDomain
    unsafe context.pointee.close_xrcd = closeXRCDomain
}

private func fillReceiveSteering(_ context: UnsafeMutablePointer<verbs_context>) {
    unsafe context.pointee.create_wq = { _, _ in unsafe refused() }
    unsafe context.pointee.modify_wq = { _, _ in unsupported }
    unsafe context.pointee.destroy_wq = { _ in unsupported }
    unsafe context.pointee.create_rwq_ind_table = { _, _ in unsafe refused() }
    unsafe context.pointee.destroy_rwq_ind_table = { _ in unsupported }
    unsafe context.pointee.ibv_create_flow = { _, _ in unsafe refused() }
    unsafe context.pointee.ibv_destroy_flow = { _ in unsupported }
    unsafe context.pointee.create_flow_action_esp = { _, _ in unsafe refused() }
    unsafe context.pointee.modify_flow_action_esp = { _, _ in unsupported }
    unsafe context.pointee.destroy_flow_action = { _ in unsupported }
}
