// QueuePairFunctions.swift - queue pairs.
//
// Owns: `struct ibv_qp`, in a block large enough for an extended one. Does not: create one
// (`QueuePairCreationFunctions.swift`), convert attributes (`QueuePairConversion.swift`), post
// (`WorkRequestFunctions.swift`), know states or transitions (the device).
// C counterpart: ibv_modify_qp(3), ibv_query_qp, ibv_destroy_qp, ibv_qp_to_qp_ex, ibv_query_qp_data_in_order,
// ibv_set_ece, ibv_query_ece.
// Locking: the pair's mutex guards the count of acknowledged events, for which destroying waits; the mutex
// of the context guards what was delivered.

import CVerbs
import Device
import Verbs

extension ibv_qp: @unsafe VerbsObject {
    typealias Live = QueuePair

    /// `struct ibv_qp_ex` and the word behind it, where the real library looks for the marks of an extended pair.
    /// It stays zero.
    static var publicBytes: Int { unsafe MemoryLayout<ibv_qp_ex>.size + 8 }
}

extension UnsafeMutablePointer where Pointee == ibv_qp {
    var monitor: PublicMonitor {
        unsafe PublicMonitor(
            mutex: pointer(to: \.mutex).unsafelyUnwrapped, condition: pointer(to: \.cond).unsafelyUnwrapped)
    }

    /// The same block: every pair has room for the extended struct, and only some have its functions.
    var extended: UnsafeMutablePointer<ibv_qp_ex> {
        unsafe UnsafeMutableRawPointer(self).assumingMemoryBound(to: ibv_qp_ex.self)
    }

    fileprivate func waitForAcknowledgement() {
        unsafe monitor.wait { unsafe pointee.events_completed == half.pointee.asyncEventsDelivered }
    }
}

@c @implementation
public func ibv_modify_qp(
    _ pair: UnsafeMutablePointer<ibv_qp>?, _ attributes: UnsafeMutablePointer<ibv_qp_attr>?, _ bits: Int32
) -> Int32 {
    unsafe performed(on: pair) { pair, live throws(VerbsErrno) in
        guard let attributes = unsafe attributes else { throw .invalidArgument }
        let mask = QueuePairAttributeMask(rawValue: UInt32(bitPattern: bits))
        unsafe try live.modify(QueuePairAttributes(attributes.pointee, mask: mask), mask: mask)
        if mask.contains(.state) { unsafe pair.pointee.state = unsafe attributes.pointee.qp_state }
    }
}

@c @implementation
public func ibv_query_qp(
    _ pair: UnsafeMutablePointer<ibv_qp>?, _ attributes: UnsafeMutablePointer<ibv_qp_attr>?, _ bits: Int32,
    _ creation: UnsafeMutablePointer<ibv_qp_init_attr>?
) -> Int32 {
    unsafe performed(on: pair) { pair, live throws(VerbsErrno) in
        guard let attributes = unsafe attributes, let creation = unsafe creation else { throw .invalidArgument }
        unsafe attributes.pointee = live.query().c
        unsafe pair.pointee.state = unsafe attributes.pointee.qp_state
        unsafe creation.pointee.qp_context = unsafe pair.pointee.qp_context
        unsafe creation.pointee.send_cq = unsafe pair.pointee.send_cq
        unsafe creation.pointee.recv_cq = unsafe pair.pointee.recv_cq
        unsafe creation.pointee.srq = unsafe pair.pointee.srq
        unsafe creation.pointee.cap = unsafe attributes.pointee.cap
        unsafe creation.pointee.qp_type = unsafe pair.pointee.qp_type
        unsafe creation.pointee.sq_sig_all = live.signalAll ? 1 : 0
    }
}

@c @implementation
public func ibv_destroy_qp(_ pair: UnsafeMutablePointer<ibv_qp>?) -> Int32 {
    unsafe performed(on: pair) { pair, live throws(VerbsErrno) in
        try live.destroy()
        // From here on no event finds it: the count of delivered events is final.
        unsafe withContextLocked(pair.pointee.context) { unsafe live.userPointer = nil }
        unsafe pair.waitForAcknowledgement()
        unsafe pair.monitor.destroy()
        unsafe pair.free()
    }
}

/// NULL for a pair that was made without the extended send interface.
@c @implementation
public func ibv_qp_to_qp_ex(_ pair: UnsafeMutablePointer<ibv_qp>?) -> UnsafeMutablePointer<ibv_qp_ex>? {
    guard let extended = unsafe pair?.extended, unsafe extended.pointee.wr_start != nil else { return nil }
    return unsafe extended
}

/// 0: not promised for any operation. A large write is copied by the processor's string instructions, whose stores may
/// become visible in any order; only its last eight bytes are stored after all others, which is what programs poll for
/// that wait for the end of a message.
@c @implementation
public func ibv_query_qp_data_in_order(
    _ pair: UnsafeMutablePointer<ibv_qp>?, _ opcode: ibv_wr_opcode, _ flags: UInt32
) -> Int32 { 0 }

/// Enhanced connection establishment is between devices of one vendor that have options to agree on: here are none.
@c @implementation
public func ibv_set_ece(_ pair: UnsafeMutablePointer<ibv_qp>?, _ options: UnsafeMutablePointer<ibv_ece>?) -> Int32 {
    unsafe performed(on: pair) { _, _ throws(VerbsErrno) in throw .notSupported }
}

@c @implementation
public func ibv_query_ece(_ pair: UnsafeMutablePointer<ibv_qp>?, _ options: UnsafeMutablePointer<ibv_ece>?) -> Int32 {
    unsafe performed(on: pair) { _, _ throws(VerbsErrno) in throw .notSupported }
}
