// CompletionQueueFunctions.swift - completion queues.
//
// Owns: `struct ibv_cq`, in a block large enough for an extended queue. Does not: hold completions (the device's ring),
// poll extended queues (`ExtendedCompletionQueueFunctions.swift`).
// C counterpart: ibv_create_cq(3), ibv_resize_cq, ibv_destroy_cq, ibv_poll_cq, ibv_req_notify_cq.
// Locking: the queue's mutex guards the counts of acknowledged events, for which destroying waits; the mutex of the
// context guards what was delivered.

import CVerbs
import Device
import Verbs

extension ibv_cq: @unsafe VerbsObject {
    typealias Live = CompletionQueue

    /// Programs turn one into the other by a cast.
    static var publicBytes: Int { unsafe MemoryLayout<ibv_cq_ex>.size }
}

extension UnsafeMutablePointer where Pointee == ibv_cq {
    var monitor: PublicMonitor {
        unsafe PublicMonitor(
            mutex: pointer(to: \.mutex).unsafelyUnwrapped, condition: pointer(to: \.cond).unsafelyUnwrapped)
    }

    /// Every event that the program was given about this queue has come back.
    private var isAcknowledged: Bool {
        unsafe pointee.comp_events_completed == half.pointee.completionEventsDelivered
            && pointee.async_events_completed == half.pointee.asyncEventsDelivered
    }

    fileprivate func waitForAcknowledgement() { unsafe monitor.wait { unsafe isAcknowledged } }
}

@c @implementation
public func ibv_create_cq(
    _ context: UnsafeMutablePointer<ibv_context>?, _ entries: Int32, _ queueContext: UnsafeMutableRawPointer?,
    _ channel: UnsafeMutablePointer<ibv_comp_channel>?, _ vector: Int32
) -> UnsafeMutablePointer<ibv_cq>? {
    unsafe created(under: context) { context, device throws(VerbsErrno) in
        // What a forked child inherited does not mix with what it made itself.
        if unsafe channel != nil { _ = unsafe try checked(channel) }
        let live = unsafe try device.createCompletionQueue(entries: entries, channel: channel?.live, vector: vector)
        return unsafe wrap(live, context, queueContext, channel)
    }
}

/// The public struct of a new queue.
func wrap(
    _ live: CompletionQueue, _ context: UnsafeMutablePointer<ibv_context>, _ queueContext: UnsafeMutableRawPointer?,
    _ channel: UnsafeMutablePointer<ibv_comp_channel>?
) -> UnsafeMutablePointer<ibv_cq> {
    let queue = unsafe UnsafeMutablePointer<ibv_cq>.make(holding: live, under: context)
    unsafe queue.pointee.context = unsafe context
    unsafe queue.pointee.channel = unsafe channel
    unsafe queue.pointee.cq_context = unsafe queueContext
    unsafe queue.pointee.cqe = live.entries
    unsafe queue.monitor.initialize()
    unsafe live.userPointer = UnsafeMutableRawPointer(queue)
    unsafe channel?.retainForQueue()
    return unsafe queue
}

@c @implementation
public func ibv_resize_cq(_ queue: UnsafeMutablePointer<ibv_cq>?, _ entries: Int32) -> Int32 {
    unsafe performed(on: queue) { queue, live throws(VerbsErrno) in
        try live.resize(entries: entries)
        unsafe queue.pointee.cqe = live.entries
    }
}

/// Slot of the context's table.
@c(verbena_modify_cq)
func modifyCompletionQueue(_ queue: UnsafeMutablePointer<ibv_cq>?, _ change: UnsafeMutablePointer<ibv_modify_cq_attr>?) -> Int32 {
    unsafe performed(on: queue) { _, live throws(VerbsErrno) in
        guard let change = unsafe change?.pointee, change.attr_mask == IBV_CQ_ATTR_MODERATE.rawValue else {
            throw .invalidArgument
        }
        live.moderate(count: change.moderate.cq_count, periodMicroseconds: change.moderate.cq_period)
    }
}

@c @implementation
public func ibv_destroy_cq(_ queue: UnsafeMutablePointer<ibv_cq>?) -> Int32 {
    unsafe performed(on: queue) { queue, live throws(VerbsErrno) in
        try live.destroy()
        // From here on no event finds the queue: the counts of delivered events are final.
        unsafe withContextLocked(queue.pointee.context) { unsafe live.userPointer = nil }
        unsafe queue.waitForAcknowledgement()
        unsafe queue.pointee.channel?.releaseFromQueue()
        unsafe queue.monitor.destroy()
        unsafe queue.free()
    }
}

/// The number of completions written to `completions`, or a negative number.
@c(verbena_poll_cq)
func pollCompletionQueue(
    _ queue: UnsafeMutablePointer<ibv_cq>?, _ count: Int32, _ completions: UnsafeMutablePointer<ibv_wc>?
) -> Int32 {
    guard let queue = unsafe queue, unsafe queue.isOurs else { return -1 }
    guard let completions = unsafe completions, count > 0 else { return count == 0 ? 0 : -1 }
    // `Completion` has the layout of `struct ibv_wc`: the device writes into the program's array.
    let places = unsafe UnsafeMutableRawPointer(completions).assumingMemoryBound(to: Completion.self)
    return unsafe queue.unmanaged._withUnsafeGuaranteedRef { unsafe $0.poll(places, count) }
}

@c(verbena_req_notify_cq)
func requestNotification(_ queue: UnsafeMutablePointer<ibv_cq>?, _ solicitedOnly: Int32) -> Int32 {
    guard let queue = unsafe queue else { return VerbsErrno.invalidArgument.rawValue }
    guard unsafe queue.isOurs else { return inheritedObject.rawValue }
    return unsafe queue.unmanaged._withUnsafeGuaranteedRef { $0.requestNotification(solicitedOnly: solicitedOnly != 0) }
}
