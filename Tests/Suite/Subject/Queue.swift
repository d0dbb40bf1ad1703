// Queue.swift - a completion queue.

import CVerbs

@safe
final class Queue: Object {
    let pointer: UnsafeMutablePointer<ibv_cq>

    init(_ device: Device, entries: Int32, channel: Channel? = nil, vector: Int32 = 0) throws {
        let made = unsafe ibv_create_cq(device.context, entries, nil, channel?.pointer, vector)
        guard let made = unsafe made else { throw Refused(function: "ibv_create_cq") }
        unsafe pointer = unsafe made
    }

    override func destroyNow() -> Int32 { unsafe ibv_destroy_cq(pointer) }

    var capacity: Int { unsafe Int(pointer.pointee.cqe) }

    func resize(_ entries: Int32) -> Int32 { unsafe ibv_resize_cq(pointer, entries) }
    func arm(solicitedOnly: Bool) -> Int32 { unsafe ibv_req_notify_cq(pointer, solicitedOnly ? 1 : 0) }
    func acknowledge(_ events: UInt32) { unsafe ibv_ack_cq_events(pointer, events) }

    /// The next completion if there is one now; throws when the queue cannot be used any more.
    func poll() throws -> Completion? {
        var raw = ibv_wc()
        let found = unsafe ibv_poll_cq(pointer, 1, &raw)
        guard found >= 0 else { throw Refused(function: "ibv_poll_cq", code: -found) }
        return found == 0 ? nil : Completion(raw)
    }

    /// Waits for so many completions; gives what came when no more come. A guard against hanging, far above what is needed.
    func take(_ count: Int, seconds: Int = 10) throws -> [Completion] {
        var all: [Completion] = []
        let limit = ContinuousClock.now + .seconds(seconds)
        while all.count < count {
            if let next = try poll() { all.append(next) } else if ContinuousClock.now > limit { break }
        }
        return all
    }
}
