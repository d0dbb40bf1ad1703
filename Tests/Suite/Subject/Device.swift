// Device.swift - the opened device under test: what it says of itself, and its events.

import CVerbs
import Glibc

/// The opened device under test.
@safe
final class Device {
    let context: UnsafeMutablePointer<ibv_context>
    let limits: ibv_device_attr
    let port: ibv_port_attr
    let gid: ibv_gid
    let isEthernet: Bool

    /// - Parameter name: nil takes the first device.
    init(name: String?) throws {
        var count: Int32 = 0
        guard let list = unsafe ibv_get_device_list(&count) else { throw Refused(function: "ibv_get_device_list") }
        defer { unsafe ibv_free_device_list(list) }
        let chosen = (0..<Int(count)).first { index in
            unsafe name == nil || String(cString: ibv_get_device_name(list[index])) == name
        }
        guard let chosen, let opened = unsafe ibv_open_device(list[chosen]) else {
            throw Refused(function: "ibv_open_device")
        }
        unsafe context = unsafe opened
        var limits = ibv_device_attr()
        guard unsafe ibv_query_device(context, &limits) == 0 else { throw Refused(function: "ibv_query_device") }
        self.limits = limits
        var port = ibv_port_attr()
        guard unsafe ___ibv_query_port(context, 1, &port) == 0 else { throw Refused(function: "ibv_query_port") }
        self.port = port
        var gid = ibv_gid()
        guard unsafe ibv_query_gid(context, 1, 0, &gid) == 0 else { throw Refused(function: "ibv_query_gid") }
        self.gid = gid
        isEthernet = port.link_layer == UInt8(IBV_LINK_LAYER_ETHERNET)
        let flags = unsafe fcntl(context.pointee.async_fd, F_GETFL)
        _ = unsafe fcntl(context.pointee.async_fd, F_SETFL, flags | O_NONBLOCK)
    }

    var mtuBytes: Int { 128 << Int(port.active_mtu.rawValue) }

    /// The path back to this port: by GID on Ethernet, by LID on InfiniBand.
    var path: ibv_ah_attr {
        var path = ibv_ah_attr()
        path.port_num = 1
        path.dlid = port.lid
        path.grh.dgid = gid
        path.grh.hop_limit = 1
        path.is_global = isEthernet ? 1 : 0
        return path
    }

    /// The next asynchronous event, acknowledged at once; nil when there is none.
    func nextEvent() -> Event? {
        var raw = unsafe ibv_async_event()
        guard unsafe ibv_get_async_event(context, &raw) == 0 else { return nil }
        unsafe ibv_ack_async_event(&raw)
        guard let event = unsafe Event(rawValue: raw.event_type.rawValue) else { fatalError("an event without a name") }
        return event
    }
}
