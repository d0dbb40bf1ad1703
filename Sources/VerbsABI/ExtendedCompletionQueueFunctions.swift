// ExtendedCompletionQueueFunctions.swift - completion queues that are polled in place, field by field.
//
// Owns: the functions in `struct ibv_cq_ex`, and its current status and identifier. Does not: hold the other fields of the
// current completion (the device).
// C counterpart: ibv_create_cq_ex(3), ibv_start_poll, ibv_next_poll, ibv_end_poll, ibv_wc_read_*.   HOT from start_poll on.
// Locking: from a successful start_poll to end_poll the device's lock on runs is held, and guards the current fields.

import CVerbs
import Device
import Verbs

extension UnsafeMutablePointer where Pointee == ibv_cq_ex {
    @inline(__always)
    fileprivate var plain: UnsafeMutablePointer<ibv_cq> {
        unsafe UnsafeMutableRawPointer(self).assumingMemoryBound(to: ibv_cq.self)
    }
}

/// Slot of the context's table.
@c(verbena_create_cq_ex)
func createCompletionQueueExtended(
    _ context: UnsafeMutablePointer<ibv_context>?, _ attributes: UnsafeMutablePointer<ibv_cq_init_attr_ex>?
) -> UnsafeMutablePointer<ibv_cq_ex>? {
    let queue = unsafe created(under: context) { context, device throws(VerbsErrno) in
        guard let attributes = unsafe attributes?.pointee,
            let entries = unsafe Int32(exactly: attributes.cqe), let vector = unsafe Int32(exactly: attributes.comp_vector)
        else { throw .invalidArgument }
        if unsafe attributes.channel != nil { _ = unsafe try checked(attributes.channel) }
        let live = unsafe try device.createCompletionQueue(
            entries: entries, channel: attributes.channel?.live, vector: vector,
            fields: CompletionFields(rawValue: attributes.wc_flags), flags: flags(of: attributes),
            parentDomain: parentDomain(of: attributes))
        return unsafe wrap(live, context, attributes.cq_context, attributes.channel)
    }
    guard let queue = unsafe queue else { return nil }
    let extended = unsafe UnsafeMutableRawPointer(queue).assumingMemoryBound(to: ibv_cq_ex.self)
    unsafe fillPolling(of: extended)
    unsafe fillReading(of: extended)
    return unsafe extended
}

private func flags(of attributes: ibv_cq_init_attr_ex) throws(VerbsErrno) -> CompletionQueueFlags {
    let known = IBV_CQ_INIT_ATTR_MASK_FLAGS.rawValue | IBV_CQ_INIT_ATTR_MASK_PD.rawValue
    guard unsafe attributes.comp_mask & ~known == 0 else { throw .invalidArgument }
    guard unsafe attributes.comp_mask & IBV_CQ_INIT_ATTR_MASK_FLAGS.rawValue != 0 else { return [] }
    return unsafe CompletionQueueFlags(rawValue: attributes.flags)
}

private func parentDomain(of attributes: ibv_cq_init_attr_ex) throws(VerbsErrno) -> ProtectionDomain? {
    guard unsafe attributes.comp_mask & IBV_CQ_INIT_ATTR_MASK_PD.rawValue != 0 else { return nil }
    return unsafe try checked(attributes.parent_domain).live
}

private func fillPolling(of queue: UnsafeMutablePointer<ibv_cq_ex>) {
    unsafe queue.pointee.start_poll = startPoll
    unsafe queue.pointee.next_poll = nextPoll
    unsafe queue.pointee.end_poll = endPoll
}

/// Every function is there, also of fields that were not asked for, or that no completion here has: those read as 0.
private func fillReading(of queue: UnsafeMutablePointer<ibv_cq_ex>) {
    unsafe queue.pointee.read_opcode = readOpcode
    unsafe queue.pointee.read_vendor_err = readVendorError
    unsafe queue.pointee.read_byte_len = readByteCount
    unsafe queue.pointee.read_imm_data = readImmediate
    unsafe queue.pointee.read_qp_num = readQueuePairNumber
    unsafe queue.pointee.read_src_qp = readSourceQueuePair
    unsafe queue.pointee.read_wc_flags = readFlags
    unsafe queue.pointee.read_slid = readSourceLocalIdentifier
    unsafe queue.pointee.read_sl = readServiceLevel
    unsafe queue.pointee.read_dlid_path_bits = readDestinationPathBits
    unsafe queue.pointee.read_completion_ts = readTimestamp
    unsafe queue.pointee.read_completion_wallclock_ns = readWallClock
    unsafe queue.pointee.read_cvlan = { _ in 0 }
    unsafe queue.pointee.read_flow_tag = { _ in 0 }
    unsafe queue.pointee.read_tm_info = { _, info in unsafe info?.pointee = ibv_wc_tm_info() }
}

/// 0, ENOENT when there is no completion, EINVAL for attributes that no header defines.
@c(verbena_start_poll)
func startPoll(_ queue: UnsafeMutablePointer<ibv_cq_ex>?, _ attributes: UnsafeMutablePointer<ibv_poll_cq_attr>?) -> Int32 {
    guard let queue = unsafe queue else { return VerbsErrno.invalidArgument.rawValue }
    guard unsafe queue.plain.isOurs else { return inheritedObject.rawValue }
    guard unsafe attributes?.pointee.comp_mask ?? 0 == 0 else { return VerbsErrno.invalidArgument.rawValue }
    return unsafe queue.plain.unmanaged._withUnsafeGuaranteedRef { live in
        guard live.startPolling() else { return VerbsErrno.noSuchEntry.rawValue }
        unsafe show(live, in: queue)
        return 0
    }
}

@c(verbena_next_poll)
func nextPoll(_ queue: UnsafeMutablePointer<ibv_cq_ex>?) -> Int32 {
    guard let queue = unsafe queue else { return VerbsErrno.invalidArgument.rawValue }
    guard unsafe queue.plain.isOurs else { return inheritedObject.rawValue }
    return unsafe queue.plain.unmanaged._withUnsafeGuaranteedRef { live in
        guard live.continuePolling() else { return VerbsErrno.noSuchEntry.rawValue }
        unsafe show(live, in: queue)
        return 0
    }
}

@c(verbena_end_poll)
func endPoll(_ queue: UnsafeMutablePointer<ibv_cq_ex>?) {
    guard let queue = unsafe queue, unsafe queue.plain.isOurs else { return }
    unsafe queue.plain.unmanaged._withUnsafeGuaranteedRef { $0.endPolling() }
}

/// The two fields that programs read without a call.
@inline(__always)
private func show(_ live: CompletionQueue, in queue: UnsafeMutablePointer<ibv_cq_ex>) {
    unsafe queue.pointee.status = ibv_wc_status(rawValue: live.polled.pointee.completion.status)
    unsafe queue.pointee.wr_id = live.polled.pointee.completion.workRequestID
}

/// A field of the completion that the poller stands at.
@inline(__always)
private func field<Value>(
    _ queue: UnsafeMutablePointer<ibv_cq_ex>?, _ path: (UnsafePointer<PolledCompletion>) -> Value
) -> Value? {
    guard let queue = unsafe queue, unsafe queue.plain.isOurs else { return nil }
    return unsafe queue.plain.unmanaged._withUnsafeGuaranteedRef { unsafe path($0.polled) }
}

@c(verbena_read_opcode)
func readOpcode(_ queue: UnsafeMutablePointer<ibv_cq_ex>?) -> ibv_wc_opcode {
    unsafe ibv_wc_opcode(rawValue: field(queue) { unsafe $0.pointee.completion.opcode } ?? 0)
}

@c(verbena_read_vendor_err)
func readVendorError(_ queue: UnsafeMutablePointer<ibv_cq_ex>?) -> UInt32 {
    unsafe field(queue) { unsafe $0.pointee.completion.vendorError } ?? 0
}

@c(verbena_read_byte_len)
func readByteCount(_ queue: UnsafeMutablePointer<ibv_cq_ex>?) -> UInt32 {
    unsafe field(queue) { unsafe $0.pointee.completion.byteCount } ?? 0
}

/// Also the key that a message invalidated.
@c(verbena_read_imm_data)
func readImmediate(_ queue: UnsafeMutablePointer<ibv_cq_ex>?) -> UInt32 {
    unsafe field(queue) { unsafe $0.pointee.completion.immediate } ?? 0
}

@c(verbena_read_qp_num)
func readQueuePairNumber(_ queue: UnsafeMutablePointer<ibv_cq_ex>?) -> UInt32 {
    unsafe field(queue) { unsafe $0.pointee.completion.queuePairNumber } ?? 0
}

@c(verbena_read_src_qp)
func readSourceQueuePair(_ queue: UnsafeMutablePointer<ibv_cq_ex>?) -> UInt32 {
    unsafe field(queue) { unsafe $0.pointee.completion.sourceQueuePair } ?? 0
}

@c(verbena_read_wc_flags)
func readFlags(_ queue: UnsafeMutablePointer<ibv_cq_ex>?) -> UInt32 {
    unsafe field(queue) { unsafe $0.pointee.completion.flags } ?? 0
}

@c(verbena_read_slid)
func readSourceLocalIdentifier(_ queue: UnsafeMutablePointer<ibv_cq_ex>?) -> UInt32 {
    unsafe UInt32(field(queue) { unsafe $0.pointee.completion.sourceLocalIdentifier } ?? 0)
}

@c(verbena_read_sl)
func readServiceLevel(_ queue: UnsafeMutablePointer<ibv_cq_ex>?) -> UInt8 {
    unsafe field(queue) { unsafe $0.pointee.completion.serviceLevel } ?? 0
}

@c(verbena_read_dlid_path_bits)
func readDestinationPathBits(_ queue: UnsafeMutablePointer<ibv_cq_ex>?) -> UInt8 {
    unsafe field(queue) { unsafe $0.pointee.completion.destinationPathBits } ?? 0
}

/// Nanoseconds of the clock that ibv_query_rt_values_ex reads.
@c(verbena_read_completion_ts)
func readTimestamp(_ queue: UnsafeMutablePointer<ibv_cq_ex>?) -> UInt64 {
    unsafe field(queue) { unsafe $0.pointee.timestamp } ?? 0
}

@c(verbena_read_completion_wallclock_ns)
func readWallClock(_ queue: UnsafeMutablePointer<ibv_cq_ex>?) -> UInt64 {
    guard let queue = unsafe queue, unsafe queue.plain.isOurs else { return 0 }
    return unsafe queue.plain.unmanaged._withUnsafeGuaranteedRef { $0.wallClockNanoseconds() }
}
