// Queue.swift - a completion queue.

import CVerbs
import Glibc

@safe
final class Queue: Object {
    let pointer: UnsafeMutablePointer<ibv_cq>
    /// Polled through the extended interface.
    private let extended: UnsafeMutablePointer<ibv_cq_ex>?

    /// Through ibv_create_cq_ex, with everything that ibv_poll_cq gives.
    init(extended device: Device, entries: UInt32, channel: Channel? = nil) throws {
        var attributes = unsafe ibv_cq_init_attr_ex()
        unsafe attributes.cqe = entries
        unsafe attributes.channel = channel?.pointer
        unsafe attributes.wc_flags = UInt64(IBV_WC_STANDARD_FLAGS)
        guard let made = unsafe ibv_create_cq_ex(device.context, &attributes) else { throw Refused(function: "ibv_create_cq_ex") }
        unsafe extended = unsafe made
        unsafe pointer = unsafe ibv_cq_ex_to_cq(made)
    }

    init(_ device: Device, entries: Int32, channel: Channel? = nil, vector: Int32 = 0) throws {
        let made = unsafe ibv_create_cq(device.context, entries, nil, channel?.pointer, vector)
        guard let made = unsafe made else { throw Refused(function: "ibv_create_cq") }
        unsafe pointer = unsafe made
        unsafe extended = nil
    }

    override func destroyNow() -> Int32 { unsafe ibv_destroy_cq(pointer) }

    var capacity: Int { unsafe Int(pointer.pointee.cqe) }

    func resize(_ entries: Int32) -> Int32 { unsafe ibv_resize_cq(pointer, entries) }
    func arm(solicitedOnly: Bool) -> Int32 { unsafe ibv_req_notify_cq(pointer, solicitedOnly ? 1 : 0) }
    func acknowledge(_ events: UInt32) { unsafe ibv_ack_cq_events(pointer, events) }

    /// The next completion if there is one now; throws when the queue cannot be used any more.
    func poll() throws -> Completion? {
        if let extended = unsafe extended { return try unsafe Self.poll(extended) }
        var raw = ibv_wc()
        let found = unsafe ibv_poll_cq(pointer, 1, &raw)
        guard found >= 0 else { throw Refused(function: "ibv_poll_cq", code: -found) }
        return found == 0 ? nil : Completion(raw)
    }

    private static func poll(_ queue: UnsafeMutablePointer<ibv_cq_ex>) throws -> Completion? {
        var attributes = ibv_poll_cq_attr(comp_mask: 0)
        let code = unsafe ibv_start_poll(queue, &attributes)
        if code == ENOENT { return nil }
        guard code == 0 else { throw Refused(function: "ibv_start_poll", code: code) }
        defer { unsafe ibv_end_poll(queue) }
        return unsafe Completion(reading: queue)
    }

    /// Waits for so many completions; gives what came when no more come. A guard against hanging, far above what is needed.
    func take(_ count: Int, seconds: Int = 60) throws -> [Completion] {
        var all: [Completion] = []
        let limit = ContinuousClock.now + .seconds(seconds)
        while all.count < count {
            if let next = try poll() { all.append(next) } else if ContinuousClock.now > limit { break }
        }
        return all
    }
}
