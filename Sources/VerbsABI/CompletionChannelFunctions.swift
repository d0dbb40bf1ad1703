// CompletionChannelFunctions.swift - completion events.
//
// Owns: `struct ibv_comp_channel` and its reference count: how many completion queues use it.
// Does not: deliver (the device's channel owns the descriptor and the events).
// C counterpart: ibv_create_comp_channel(3), ibv_destroy_comp_channel, ibv_get_cq_event, ibv_ack_cq_events.
// Locking: the reference count and the count of delivered events are guarded by the mutex of the context; the count of
// acknowledged events by the queue's.

import CVerbs
import Device
import Verbs

extension ibv_comp_channel: @unsafe VerbsObject {
    typealias Live = CompletionChannel
}

extension UnsafeMutablePointer where Pointee == ibv_comp_channel {
    func retainForQueue() {
        unsafe withContextLocked(pointee.context) { unsafe pointee.refcnt += 1 }
    }

    func releaseFromQueue() {
        unsafe withContextLocked(pointee.context) { unsafe pointee.refcnt -= 1 }
    }
}

@c @implementation
public func ibv_create_comp_channel(
    _ context: UnsafeMutablePointer<ibv_context>?
) -> UnsafeMutablePointer<ibv_comp_channel>? {
    unsafe created(under: context) { context, device throws(VerbsErrno) in
        let live = try device.createCompletionChannel()
        let channel = unsafe UnsafeMutablePointer<ibv_comp_channel>.make(holding: live, under: context)
        unsafe channel.pointee.context = unsafe context
        unsafe channel.pointee.fd = live.descriptor
        return unsafe channel
    }
}

@c @implementation
public func ibv_destroy_comp_channel(_ channel: UnsafeMutablePointer<ibv_comp_channel>?) -> Int32 {
    unsafe performed(on: channel) { channel, live throws(VerbsErrno) in
        let users = unsafe withContextLocked(channel.pointee.context) { unsafe channel.pointee.refcnt }
        guard users == 0 else { throw .busy }
        try live.destroy()
        unsafe channel.free()
    }
}

@c @implementation
public func ibv_get_cq_event(
    _ channel: UnsafeMutablePointer<ibv_comp_channel>?,
    _ queue: UnsafeMutablePointer<UnsafeMutablePointer<ibv_cq>?>?,
    _ queueContext: UnsafeMutablePointer<UnsafeMutableRawPointer?>?
) -> Int32 {
    unsafe fetched(from: channel) { channel, live throws(VerbsErrno) in
        guard let queue = unsafe queue, let queueContext = unsafe queueContext else { throw .invalidArgument }
        let found = unsafe try nextQueueWithEvent(live, context: channel.pointee.context)
        unsafe queue.pointee = unsafe found
        unsafe queueContext.pointee = unsafe found.pointee.cq_context
    }
}

/// The queue of the next event, which is counted as delivered in the same step in which the queue is found alive: a
/// destroying call either waits for this event's acknowledgement or has hidden the queue from us.
private func nextQueueWithEvent(
    _ live: CompletionChannel, context: UnsafeMutablePointer<ibv_context>
) throws(VerbsErrno) -> UnsafeMutablePointer<ibv_cq> {
    while true {
        let event = try live.nextEvent()
        let found = unsafe withContextLocked(context) { () -> UnsafeMutablePointer<ibv_cq>? in
            guard let queue = unsafe event.userPointer?.assumingMemoryBound(to: ibv_cq.self) else { return nil }
            unsafe queue.half.pointee.completionEventsDelivered &+= 1
            return unsafe queue
        }
        if let found = unsafe found { return unsafe found }
    }
}

@c @implementation
public func ibv_ack_cq_events(_ queue: UnsafeMutablePointer<ibv_cq>?, _ count: UInt32) {
    guard let queue = unsafe queue, unsafe queue.isOurs else { return }
    unsafe queue.monitor.change { unsafe queue.pointee.comp_events_completed &+= count }
}
