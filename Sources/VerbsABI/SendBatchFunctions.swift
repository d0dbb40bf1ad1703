// SendBatchFunctions.swift - the extended send interface: requests built by one call each, and posted as one.
//
// Owns: the functions in `struct ibv_qp_ex`. They return nothing: what goes wrong is told by wr_complete. Does not: hold
// the requests (`SendBatch`), validate them (the device).
// C counterpart: ibv_wr_post(3).   HOT: no allocation, no reference counting.

import CVerbs
import Device
import Verbs



extension UnsafeMutablePointer where Pointee == ibv_qp_ex {
    @inline(__always)
    fileprivate var plain: UnsafeMutablePointer<ibv_qp> {
        unsafe UnsafeMutableRawPointer(self).assumingMemoryBound(to: ibv_qp.self)
    }
}

/// Every function is there, also of operations that were not asked for: using one fails the batch, not the program.
func fillSendInterface(of pair: UnsafeMutablePointer<ibv_qp_ex>) {
    unsafe pair.pointee.wr_start = startBatch
    unsafe pair.pointee.wr_complete = completeBatch
    unsafe pair.pointee.wr_abort = abortBatch
    unsafe pair.pointee.wr_send = buildSend
    unsafe pair.pointee.wr_send_imm = buildSendWithImmediate
    unsafe pair.pointee.wr_send_inv = buildSendWithInvalidate
    unsafe pair.pointee.wr_rdma_write = buildWrite
    unsafe pair.pointee.wr_rdma_write_imm = buildWriteWithImmediate
    unsafe pair.pointee.wr_rdma_read = buildRead
    unsafe pair.pointee.wr_atomic_cmp_swp = buildCompareAndSwap
    unsafe pair.pointee.wr_atomic_fetch_add = buildFetchAndAdd
    unsafe pair.pointee.wr_local_inv = buildLocalInvalidate
    unsafe pair.pointee.wr_bind_mw = buildBind
    unsafe pair.pointee.wr_send_tso = { pair, _, _, _ in unsafe fail(pair) }
    unsafe pair.pointee.wr_atomic_write = buildAtomicWrite
    unsafe pair.pointee.wr_set_sge = setElement
    unsafe pair.pointee.wr_set_sge_list = setElements
    unsafe pair.pointee.wr_set_inline_data = setInlineData
    unsafe pair.pointee.wr_set_inline_data_list = setInlineDataList
    unsafe pair.pointee.wr_set_ud_addr = setDatagramDestination
    unsafe pair.pointee.wr_set_xrc_srqn = setSharedReceiveQueue
}

/// Does nothing in a forked child, which learns why from wr_complete.
@inline(__always)
private func withBatch(_ pair: UnsafeMutablePointer<ibv_qp_ex>?, _ body: (borrowing SendBatch) -> Void) {
    guard let plain = unsafe pair?.plain, unsafe plain.isOurs else { return }
    unsafe plain.unmanaged._withUnsafeGuaranteedRef { live in
        guard let batch = unsafe live.batch else { return }
        unsafe batch._withUnsafeGuaranteedRef { body($0) }
    }
}

@inline(__always)
func build(
    _ pair: UnsafeMutablePointer<ibv_qp_ex>?, _ opcode: SendOpcode, _ fill: (inout SendRequest) -> Void = { _ in }
) {
    guard let pair = unsafe pair else { return }
    unsafe withBatch(pair) { batch in
        // Whether the payload is inline is for the setter to say.
        let flags = unsafe SendFlags(rawValue: pair.pointee.wr_flags).subtracting(.inline)
        var request = unsafe SendRequest(
            workRequestID: pair.pointee.wr_id, elements: nil, elementCount: 0, opcode: UInt32(opcode.rawValue), flags: flags)
        fill(&request)
        batch.add(request, opcode)
    }
}

private func fail(_ pair: UnsafeMutablePointer<ibv_qp_ex>?) {
    unsafe withBatch(pair) { $0.fail(.invalidArgument) }
}

@c(verbena_wr_start)
func startBatch(_ pair: UnsafeMutablePointer<ibv_qp_ex>?) { unsafe withBatch(pair) { $0.begin() } }

@c(verbena_wr_abort)
func abortBatch(_ pair: UnsafeMutablePointer<ibv_qp_ex>?) { unsafe withBatch(pair) { $0.end() } }

@c(verbena_wr_complete)
func completeBatch(_ pair: UnsafeMutablePointer<ibv_qp_ex>?) -> Int32 {
    guard let plain = unsafe pair?.plain, unsafe plain.isOurs else { return inheritedObject.rawValue }
    return unsafe plain.unmanaged._withUnsafeGuaranteedRef { live in
        guard let batch = unsafe live.batch else { return VerbsErrno.invalidArgument.rawValue }
        return unsafe batch._withUnsafeGuaranteedRef { live.complete($0) }
    }
}

@c(verbena_wr_send)
func buildSend(_ pair: UnsafeMutablePointer<ibv_qp_ex>?) { unsafe build(pair, .send) }

@c(verbena_wr_send_imm)
func buildSendWithImmediate(_ pair: UnsafeMutablePointer<ibv_qp_ex>?, _ immediate: UInt32) {
    unsafe build(pair, .sendWithImmediate) { $0.immediate = immediate }
}

/// The key travels where immediate data would.
@c(verbena_wr_send_inv)
func buildSendWithInvalidate(_ pair: UnsafeMutablePointer<ibv_qp_ex>?, _ key: UInt32) {
    unsafe build(pair, .sendWithInvalidate) { $0.immediate = key }
}

@c(verbena_wr_rdma_write)
func buildWrite(_ pair: UnsafeMutablePointer<ibv_qp_ex>?, _ key: UInt32, _ address: UInt64) {
    unsafe build(pair, .rdmaWrite) { $0.setTarget(address, key) }
}

@c(verbena_wr_rdma_write_imm)
func buildWriteWithImmediate(
    _ pair: UnsafeMutablePointer<ibv_qp_ex>?, _ key: UInt32, _ address: UInt64, _ immediate: UInt32
) {
    unsafe build(pair, .rdmaWriteWithImmediate) {
        $0.setTarget(address, key)
        $0.immediate = immediate
    }
}

@c(verbena_wr_rdma_read)
func buildRead(_ pair: UnsafeMutablePointer<ibv_qp_ex>?, _ key: UInt32, _ address: UInt64) {
    unsafe build(pair, .rdmaRead) { $0.setTarget(address, key) }
}

@c(verbena_wr_atomic_cmp_swp)
func buildCompareAndSwap(
    _ pair: UnsafeMutablePointer<ibv_qp_ex>?, _ key: UInt32, _ address: UInt64, _ compare: UInt64, _ swap: UInt64
) {
    unsafe build(pair, .compareAndSwap) {
        $0.setTarget(address, key)
        $0.compareAdd = compare
        $0.swap = swap
    }
}

@c(verbena_wr_atomic_fetch_add)
func buildFetchAndAdd(_ pair: UnsafeMutablePointer<ibv_qp_ex>?, _ key: UInt32, _ address: UInt64, _ add: UInt64) {
    unsafe build(pair, .fetchAndAdd) {
        $0.setTarget(address, key)
        $0.compareAdd = add
    }
}

/// The word is taken at once.
@c(verbena_wr_atomic_write)
func buildAtomicWrite(
    _ pair: UnsafeMutablePointer<ibv_qp_ex>?, _ key: UInt32, _ address: UInt64, _ word: UnsafeRawPointer?
) {
    unsafe build(pair, .atomicWrite) { $0.setTarget(address, key) }
    guard let pair = unsafe pair else { return }
    unsafe withBatch(pair) { unsafe $0.setWord(word) }
}

@c(verbena_wr_local_inv)
func buildLocalInvalidate(_ pair: UnsafeMutablePointer<ibv_qp_ex>?, _ key: UInt32) {
    unsafe build(pair, .localInvalidate) { $0.immediate = key }
}

@c(verbena_wr_set_sge)
func setElement(_ pair: UnsafeMutablePointer<ibv_qp_ex>?, _ key: UInt32, _ address: UInt64, _ length: UInt32) {
    var element = ScatterGatherElement(address: address, length: length, localKey: MemoryKey(rawValue: key))
    unsafe withUnsafePointer(to: &element) { element in
        unsafe withBatch(pair) { unsafe $0.setElements(element, count: 1) }
    }
}

/// `ScatterGatherElement` has the layout of `struct ibv_sge`.
@c(verbena_wr_set_sge_list)
func setElements(_ pair: UnsafeMutablePointer<ibv_qp_ex>?, _ count: Int, _ list: UnsafePointer<ibv_sge>?) {
    let elements = unsafe UnsafeRawPointer(list)?.assumingMemoryBound(to: ScatterGatherElement.self)
    unsafe withBatch(pair) { unsafe $0.setElements(elements, count: count) }
}

@c(verbena_wr_set_inline_data)
func setInlineData(_ pair: UnsafeMutablePointer<ibv_qp_ex>?, _ bytes: UnsafeMutableRawPointer?, _ count: Int) {
    unsafe withBatch(pair) { batch in
        batch.beginInline()
        unsafe batch.appendInline(bytes, count: count)
    }
}

@c(verbena_wr_set_inline_data_list)
func setInlineDataList(_ pair: UnsafeMutablePointer<ibv_qp_ex>?, _ count: Int, _ list: UnsafePointer<ibv_data_buf>?) {
    unsafe withBatch(pair) { batch in
        batch.beginInline()
        guard count > 0 else { return }
        guard let list = unsafe list else { return batch.fail(.invalidArgument) }
        for index in 0..<count { unsafe batch.appendInline(list[index].addr, count: list[index].length) }
    }
}

@c(verbena_wr_set_ud_addr)
func setDatagramDestination(
    _ pair: UnsafeMutablePointer<ibv_qp_ex>?, _ handle: UnsafeMutablePointer<ibv_ah>?, _ number: UInt32,
    _ queueKey: UInt32
) {
    unsafe withBatch(pair) {
        unsafe $0.setDestination(handle?.unmanaged, QueuePairNumber(rawValue: number), queueKey: queueKey)
    }
}

@c(verbena_wr_set_xrc_srqn)
func setSharedReceiveQueue(_ pair: UnsafeMutablePointer<ibv_qp_ex>?, _ number: UInt32) {
    unsafe withBatch(pair) { $0.setSharedReceiveQueue(SharedReceiveQueueNumber(rawValue: number)) }
}

extension SendRequest {
    @inline(__always)
    fileprivate mutating func setTarget(_ address: UInt64, _ key: UInt32) {
        remoteAddress = address
        remoteKey = MemoryKey(rawValue: key)
    }
}
