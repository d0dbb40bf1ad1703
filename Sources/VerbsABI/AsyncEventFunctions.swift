// AsyncEventFunctions.swift - what the device tells without being asked.
//
// Owns: the conversion of an event and the counts that let a destroying call wait. Does not: queue events (the device).
// C counterpart: ibv_get_async_event(3), ibv_ack_async_event.
// Locking: what was delivered is counted under the mutex of the context, in the same step in which the object is found
// alive; what was acknowledged under the mutex of the object.

import CVerbs
import Device
import Verbs

@c @implementation
public func ibv_get_async_event(
    _ context: UnsafeMutablePointer<ibv_context>?, _ place: UnsafeMutablePointer<ibv_async_event>?
) -> Int32 {
    unsafe fetched(from: context) { context, live throws(VerbsErrno) in
        guard let place = unsafe place else { throw .invalidArgument }
        while true {
            let event = try live.nextAsyncEvent()
            // An event of an object that is being destroyed is dropped: nobody could acknowledge it.
            guard let converted = unsafe withContextLocked(context, { unsafe delivered(event) }) else { continue }
            unsafe place.pointee = unsafe converted
            return
        }
    }
}

/// The event as the program sees it, counted as delivered at its object; nil when the object is being destroyed.
private func delivered(_ event: AsyncEvent) -> ibv_async_event? {
    var result = unsafe ibv_async_event()
    unsafe result.event_type = ibv_event_type(rawValue: UInt32(event.type.rawValue))
    switch event.element {
    case .completionQueue(let live):
        guard let queue = unsafe live.userPointer?.assumingMemoryBound(to: ibv_cq.self) else { return nil }
        unsafe queue.half.pointee.asyncEventsDelivered &+= 1
        unsafe result.element.cq = unsafe queue
    case .queuePair(let live):
        guard let pair = unsafe live.userPointer?.assumingMemoryBound(to: ibv_qp.self) else { return nil }
        unsafe pair.half.pointee.asyncEventsDelivered &+= 1
        unsafe result.element.qp = unsafe pair
    case .sharedReceiveQueue(let live):
        guard let queue = unsafe live.userPointer?.assumingMemoryBound(to: ibv_srq.self) else { return nil }
        unsafe queue.half.pointee.asyncEventsDelivered &+= 1
        unsafe result.element.srq = unsafe queue
    case .port(let number):
        unsafe result.element.port_num = Int32(number)
    case .device:
        break
    }
    return unsafe result
}

@c @implementation
public func ibv_ack_async_event(_ place: UnsafeMutablePointer<ibv_async_event>?) {
    guard let event = unsafe place?.pointee else { return }
    switch unsafe event.event_type {
    case IBV_EVENT_CQ_ERR:
        guard let queue = unsafe event.element.cq, unsafe queue.isOurs else { return }
        unsafe queue.monitor.change { unsafe queue.pointee.async_events_completed &+= 1 }
    case IBV_EVENT_QP_FATAL, IBV_EVENT_QP_REQ_ERR, IBV_EVENT_QP_ACCESS_ERR, IBV_EVENT_COMM_EST, IBV_EVENT_SQ_DRAINED,
        IBV_EVENT_PATH_MIG, IBV_EVENT_PATH_MIG_ERR, IBV_EVENT_QP_LAST_WQE_REACHED:
        guard let pair = unsafe event.element.qp, unsafe pair.isOurs else { return }
        unsafe pair.monitor.change { unsafe pair.pointee.events_completed &+= 1 }
    case IBV_EVENT_SRQ_ERR, IBV_EVENT_SRQ_LIMIT_REACHED:
        guard let queue = unsafe event.element.srq, unsafe queue.isOurs else { return }
        unsafe queue.monitor.change { unsafe queue.pointee.events_completed &+= 1 }
    default:
        // Events of a port or of the device: nobody waits for them.
        break
    }
}
