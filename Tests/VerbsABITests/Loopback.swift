// Loopback.swift - two queue pairs of this process, connected to each other through the C functions.

import CVerbs
import Testing

/// Two connected pairs on one completion queue, and 4096 bytes of registered memory.
@safe
final class Loopback {
    let device: OpenedDevice
    let channel: UnsafeMutablePointer<ibv_comp_channel>
    let domain: UnsafeMutablePointer<ibv_pd>
    let queue: UnsafeMutablePointer<ibv_cq>
    let memory: UnsafeMutableRawPointer
    let region: UnsafeMutablePointer<ibv_mr>
    /// Where the receiver's requests come from; nil: its own queue.
    let shared: UnsafeMutablePointer<ibv_srq>?
    let sender: UnsafeMutablePointer<ibv_qp>
    let receiver: UnsafeMutablePointer<ibv_qp>

    /// - Parameter sharedReceives: how many the receiver's shared queue holds; 0 for none.
    /// - Parameter operations: of the sender's extended send interface; 0: it is made without one.
    /// - Parameter fields: of an extended completion queue; 0: it is a plain one.
    init(sharedReceives: UInt32 = 0, operations: UInt64 = 0, fields: UInt64 = 0) throws {
        device = try OpenedDevice()
        unsafe channel = try #require(unsafe ibv_create_comp_channel(device.context))
        unsafe domain = try device.domain()
        unsafe queue = try fields == 0
            ? device.queue(32, channel: channel) : device.extendedQueue(32, channel: channel, fields: fields)
        unsafe memory = .allocate(byteCount: 4096, alignment: 4096)
        unsafe memory.initializeMemory(as: UInt8.self, repeating: 0, count: 4096)
        let access = IBV_ACCESS_LOCAL_WRITE.rawValue | IBV_ACCESS_REMOTE_WRITE.rawValue
        unsafe region = try #require(unsafe ibv_reg_mr(domain, memory, 4096, Int32(access)))
        var attributes = unsafe ibv_srq_init_attr(
            srq_context: nil, attr: ibv_srq_attr(max_wr: sharedReceives, max_sge: 1, srq_limit: 0))
        unsafe shared = sharedReceives == 0 ? nil : ibv_create_srq(domain, &attributes)
        #expect(unsafe (shared == nil) == (sharedReceives == 0))
        unsafe sender = operations == 0
            ? try device.pair(domain, queue)
            : try #require(device.extendedPair(domain, queue, operations: operations))
        unsafe receiver = try device.pair(domain, queue, shared: shared)
        unsafe try connect(sender, to: receiver)
        unsafe try connect(receiver, to: sender)
    }

    private func connect(_ pair: UnsafeMutablePointer<ibv_qp>, to peer: UnsafeMutablePointer<ibv_qp>) throws {
        var gid = ibv_gid()
        #expect(unsafe ibv_query_gid(device.context, 1, 0, &gid) == 0)
        var attributes = ibv_qp_attr()
        attributes.qp_state = IBV_QPS_INIT
        attributes.port_num = 1
        attributes.qp_access_flags = IBV_ACCESS_REMOTE_WRITE.rawValue
        try #require(unsafe ibv_modify_qp(pair, &attributes, 0x39) == 0)
        attributes.qp_state = IBV_QPS_RTR
        attributes.path_mtu = IBV_MTU_1024
        unsafe attributes.dest_qp_num = peer.pointee.qp_num
        attributes.max_dest_rd_atomic = 1
        attributes.min_rnr_timer = 12
        attributes.ah_attr.is_global = 1
        attributes.ah_attr.grh.dgid = gid
        attributes.ah_attr.grh.hop_limit = 1
        attributes.ah_attr.port_num = 1
        try #require(unsafe ibv_modify_qp(pair, &attributes, 0x129181) == 0)
        attributes.qp_state = IBV_QPS_RTS
        attributes.timeout = 14
        attributes.retry_cnt = 7
        attributes.rnr_retry = 7
        attributes.max_rd_atomic = 1
        try #require(unsafe ibv_modify_qp(pair, &attributes, 0x12e01) == 0)
    }

    func element(_ offset: Int, _ length: UInt32) -> ibv_sge {
        unsafe ibv_sge(addr: UInt64(UInt(bitPattern: memory + offset)), length: length, lkey: region.pointee.lkey)
    }

    /// Polls until `count` completions are there; the guard against hanging is far above what it takes.
    func completions(_ count: Int) -> [ibv_wc] {
        var all: [ibv_wc] = []
        let limit = ContinuousClock.now + .seconds(60)
        while all.count < count, ContinuousClock.now < limit {
            var completion = ibv_wc()
            let found = unsafe ibv_poll_cq(queue, 1, &completion)
            #expect(found >= 0)
            if found == 1 { all.append(completion) }
        }
        return all
    }

    /// Tears everything down; each step must succeed.
    func end() {
        #expect(unsafe ibv_destroy_qp(sender) == 0)
        #expect(unsafe ibv_destroy_qp(receiver) == 0)
        if unsafe shared != nil { #expect(unsafe ibv_destroy_srq(shared) == 0) }
        #expect(unsafe ibv_destroy_comp_channel(channel) == EBUSY)
        #expect(unsafe ibv_destroy_cq(queue) == 0)
        #expect(unsafe channel.pointee.refcnt == 0)
        #expect(unsafe ibv_destroy_comp_channel(channel) == 0)
        #expect(unsafe ibv_dereg_mr(region) == 0)
        #expect(unsafe ibv_dealloc_pd(domain) == 0)
        unsafe memory.deallocate()
    }

    func postReceive(_ identifier: UInt64, _ element: ibv_sge) -> Int32 {
        var element = element
        return unsafe withUnsafeMutablePointer(to: &element) { element in
            var request = unsafe ibv_recv_wr(wr_id: identifier, next: nil, sg_list: element, num_sge: 1)
            var bad: UnsafeMutablePointer<ibv_recv_wr>?
            if unsafe shared != nil { return unsafe ibv_post_srq_recv(shared, &request, &bad) }
            return unsafe ibv_post_recv(receiver, &request, &bad)
        }
    }

    func postSend(_ identifier: UInt64, _ element: ibv_sge, _ change: (inout ibv_send_wr) -> Void = { _ in }) -> Int32 {
        var element = element
        return unsafe withUnsafeMutablePointer(to: &element) { element in
            var request = unsafe ibv_send_wr()
            unsafe request.wr_id = identifier
            unsafe request.sg_list = unsafe element
            unsafe request.num_sge = 1
            unsafe request.opcode = IBV_WR_SEND
            unsafe request.send_flags = IBV_SEND_SIGNALED.rawValue
            unsafe change(&request)
            var bad: UnsafeMutablePointer<ibv_send_wr>?
            return unsafe ibv_post_send(sender, &request, &bad)
        }
    }
}
