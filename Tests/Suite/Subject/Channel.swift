// Channel.swift - a completion channel.

import CVerbs
import Glibc

@safe
final class Channel: Object {
    let pointer: UnsafeMutablePointer<ibv_comp_channel>

    init(_ device: Device) throws {
        guard let made = unsafe ibv_create_comp_channel(device.context) else { throw Refused(function: "ibv_create_comp_channel") }
        unsafe pointer = unsafe made
        let flags = unsafe fcntl(made.pointee.fd, F_GETFL)
        _ = unsafe fcntl(made.pointee.fd, F_SETFL, flags | O_NONBLOCK)
    }

    override func destroyNow() -> Int32 { unsafe ibv_destroy_comp_channel(pointer) }

    /// Whether an event of the queue is there; it is taken, and left to be acknowledged.
    func takesEvent(of queue: Queue) -> Bool {
        var source: UnsafeMutablePointer<ibv_cq>?
        var cookie: UnsafeMutableRawPointer?
        guard unsafe ibv_get_cq_event(pointer, &source, &cookie) == 0 else { return false }
        return unsafe source == queue.pointer
    }
}
