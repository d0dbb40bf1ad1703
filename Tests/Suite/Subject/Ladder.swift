// Ladder.swift - takes a queue pair from RESET to any state that can be reached.

import CVerbs
import Glibc

/// The ordinary attributes of a queue pair, and the steps from RESET to each state.
struct Ladder {
    /// Whom it is connected to; a datagram pair has nobody.
    var peer: UInt32 = 0
    var access: Access = .all
    var queueKey: UInt32 = 0x1111_1111
    var initiatorDepth: UInt8 = 4
    var responderResources: UInt8 = 4
    var retries: UInt8 = 1
    var notReadyRetries: UInt8 = 0
    /// 0.01 ms, so that a case that waits does not wait long.
    var notReadyTimer: UInt8 = 1
    /// 4.096 µs × 2^8, about a millisecond.
    var timeout: UInt8 = 8

    func attributes(_ device: Device) -> ibv_qp_attr {
        var attributes = ibv_qp_attr()
        attributes.port_num = 1
        attributes.qp_access_flags = access.rawValue
        attributes.qkey = queueKey
        attributes.path_mtu = IBV_MTU_1024
        attributes.ah_attr = device.path
        attributes.alt_ah_attr = device.path
        attributes.alt_port_num = 1
        attributes.alt_timeout = 10
        attributes.dest_qp_num = peer
        attributes.rq_psn = 0x123456
        attributes.sq_psn = 0x123456
        attributes.max_dest_rd_atomic = responderResources
        attributes.max_rd_atomic = initiatorDepth
        attributes.min_rnr_timer = notReadyTimer
        attributes.timeout = timeout
        attributes.retry_cnt = retries
        attributes.rnr_retry = notReadyRetries
        attributes.path_mig_state = IBV_MIG_REARM
        attributes.cap = ibv_qp_cap(max_send_wr: 16, max_recv_wr: 16, max_send_sge: 4, max_recv_sge: 4, max_inline_data: 0)
        return attributes
    }

    /// Goes there step by step.
    func climb(_ pair: Pair, to state: State) throws {
        switch state {
        case .reset: return
        case .initialized: try step(pair, .reset, .initialized)
        case .readyToReceive:
            try climb(pair, to: .initialized)
            try step(pair, .initialized, .readyToReceive)
        case .readyToSend:
            try climb(pair, to: .readyToReceive)
            try step(pair, .readyToReceive, .readyToSend)
        case .sendQueueDrained:
            try climb(pair, to: .readyToSend)
            try step(pair, .readyToSend, .sendQueueDrained)
        case .sendQueueError:
            try climb(pair, to: .readyToSend)
            try breakSendQueue(pair)
        case .error:
            try climb(pair, to: .initialized)
            try step(pair, .initialized, .error)
        }
    }

    /// One step, with exactly what it requires.
    private func step(_ pair: Pair, _ from: State, _ to: State) throws {
        let row = Transitions.row(pair.kind, from, to)
        guard let row else { throw Refused(function: "no step \(pair.kind) \(from) \(to)", code: EINVAL) }
        var attributes = attributes(pair.device)
        attributes.qp_state = ibv_qp_state(rawValue: to.rawValue)
        let mask = row.required.reduce(Attribute.state.bit) { $0 | $1.bit }
        let code = pair.modify(attributes, mask)
        guard code == 0 else { throw Refused(function: "ibv_modify_qp \(pair.kind) \(from) to \(to)", code: code) }
    }

    /// A request whose local key names nothing: it completes in error and stops the send queue of UC and UD.
    private func breakSendQueue(_ pair: Pair) throws {
        var request = Send(.send, id: 0xdead, [Element(address: 0x1000, length: 8, key: 0xffff_fff0)])
        let domain = unsafe pair.pointer.pointee.pd
        guard let domain = unsafe domain else { throw Refused(function: "a queue pair without a domain", code: EINVAL) }
        var path = pair.device.path
        guard let raw = unsafe ibv_create_ah(domain, &path) else { throw Refused(function: "ibv_create_ah") }
        let handle = unsafe Handle(adopting: raw)
        if pair.kind == .datagram { request.datagram = Send.Destination(handle: handle, pair: pair.number, key: queueKey) }
        let code = pair.postSend(request)
        guard code == 0 else { throw Refused(function: "ibv_post_send", code: code) }
        let limit = ContinuousClock.now + .seconds(60)
        while try pair.state() == .readyToSend, ContinuousClock.now < limit {}
        let seen = try pair.state()
        try expect("state after a send in error", seen, is: .sendQueueError)
        _ = handle.destroy()
    }
}
