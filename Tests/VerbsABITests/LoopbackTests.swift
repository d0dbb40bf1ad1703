// LoopbackTests.swift - two queue pairs of this process talk to each other through the C functions: posting, polling,
// completion events and their acknowledgement.

import CVerbs
import Platform
import Testing
import Verbs

@Test func aMessageWithImmediateArrivesInPlace() throws {
    let loop = try Loopback()
    for index in 0..<64 { unsafe loop.memory.storeBytes(of: UInt8(index), toByteOffset: index, as: UInt8.self) }
    #expect(loop.postReceive(7, loop.element(2048, 128)) == 0)
    #expect(unsafe loop.postSend(8, loop.element(0, 64)) {
        unsafe $0.opcode = IBV_WR_SEND_WITH_IMM
        unsafe $0.imm_data = UInt32(0x0102_0304).bigEndian
    } == 0)
    let all = loop.completions(2)
    let received = try #require(all.first { $0.wr_id == 7 })
    let sent = try #require(all.first { $0.wr_id == 8 })
    #expect(received.status == IBV_WC_SUCCESS && received.opcode == IBV_WC_RECV && received.byte_len == 64)
    #expect(received.wc_flags & IBV_WC_WITH_IMM.rawValue != 0)
    #expect(UInt32(bigEndian: received.imm_data) == 0x0102_0304)
    #expect(unsafe received.qp_num == loop.receiver.pointee.qp_num)
    #expect(sent.status == IBV_WC_SUCCESS && sent.opcode == IBV_WC_SEND)
    for index in 0..<64 {
        #expect(unsafe loop.memory.load(fromByteOffset: 2048 + index, as: UInt8.self) == UInt8(index))
    }
    loop.end()
}

@Test func aWriteNamesItsTargetByAddressAndKey() throws {
    let loop = try Loopback()
    unsafe loop.memory.storeBytes(of: 0x1122_3344_5566_7788, as: UInt64.self)
    #expect(unsafe loop.postSend(1, loop.element(0, 8)) {
        unsafe $0.opcode = IBV_WR_RDMA_WRITE
        unsafe $0.wr.rdma.remote_addr = UInt64(UInt(bitPattern: loop.memory + 1024))
        unsafe $0.wr.rdma.rkey = loop.region.pointee.rkey
    } == 0)
    let all = loop.completions(1)
    #expect(all.map(\.status) == [IBV_WC_SUCCESS] && all.map(\.opcode) == [IBV_WC_RDMA_WRITE])
    #expect(unsafe loop.memory.load(fromByteOffset: 1024, as: UInt64.self) == 0x1122_3344_5566_7788)
    loop.end()
}

/// Requests in front of a bad one are posted; the bad one is named, and nothing after it is looked at.
@Test func theFirstBadRequestOfAListIsNamed() throws {
    let loop = try Loopback()
    let spoilers: [(String, (inout ibv_send_wr) -> Void)] = unsafe [
        ("no such opcode", { unsafe $0.opcode = ibv_wr_opcode(rawValue: 200) }),
        ("an opcode beyond a byte", { unsafe $0.opcode = ibv_wr_opcode(rawValue: 0x102) }),
        ("no such flag", { unsafe $0.send_flags |= 1 << 9 }),
        ("too many elements", { unsafe $0.num_sge = 1000 }),
        ("fewer than no elements", { unsafe $0.num_sge = -1 }),
        ("elements that are not there", { unsafe $0.sg_list = nil }),
        ("an opcode not of this type", { unsafe $0.opcode = IBV_WR_TSO }),
    ]
    var element = loop.element(0, 8)
    for unsafe (name, spoil) in unsafe spoilers {
        #expect(loop.postReceive(1, loop.element(2048, 64)) == 0)
        unsafe withUnsafeMutablePointer(to: &element) { element in
            let list = UnsafeMutablePointer<ibv_send_wr>.allocate(capacity: 3)
            for index in 0..<3 {
                unsafe (list + index).initialize(to: ibv_send_wr())
                unsafe list[index].wr_id = UInt64(10 + index)
                unsafe list[index].sg_list = unsafe element
                unsafe list[index].num_sge = 1
                unsafe list[index].opcode = IBV_WR_SEND
                unsafe list[index].send_flags = IBV_SEND_SIGNALED.rawValue
                unsafe list[index].next = unsafe index < 2 ? list + index + 1 : nil
            }
            unsafe spoil(&list[1])
            var bad: UnsafeMutablePointer<ibv_send_wr>?
            #expect(unsafe ibv_post_send(loop.sender, list, &bad) == EINVAL, "\(name)")
            #expect(unsafe bad == list + 1, "\(name)")
            unsafe list.deallocate()
        }
        let identifiers = loop.completions(2).map(\.wr_id).sorted()
        #expect(identifiers == [1, 10], "\(name)")
    }
    loop.end()
}

@Test func emptyListsAndFullQueues() throws {
    let loop = try Loopback()
    #expect(unsafe ibv_post_send(loop.sender, nil, nil) == 0)
    #expect(unsafe ibv_post_recv(loop.receiver, nil, nil) == 0)
    var codes: [Int32] = []
    for index in 0..<9 { codes.append(loop.postReceive(UInt64(index), loop.element(0, 8))) }
    #expect(codes == [0, 0, 0, 0, 0, 0, 0, 0, ENOMEM])
    loop.end()
}

@Test func pollingToleratesOddArguments() throws {
    let loop = try Loopback()
    var completion = ibv_wc()
    #expect(unsafe ibv_poll_cq(loop.queue, 0, &completion) == 0)
    #expect(unsafe ibv_poll_cq(loop.queue, 0, nil) == 0)
    #expect(unsafe ibv_poll_cq(loop.queue, 1, &completion) == 0)
    #expect(unsafe ibv_poll_cq(loop.queue, -1, &completion) < 0)
    loop.end()
}

@Test func postingAndPollingKeepErrno() throws {
    let loop = try Loopback()
    errorNumber = 4242
    #expect(loop.postReceive(1, loop.element(2048, 64)) == 0)
    #expect(unsafe loop.postSend(2, loop.element(0, 64)) == 0)
    #expect(loop.completions(2).count == 2)
    #expect(errorNumber == 4242)
    loop.end()
}

@Test func anEventComesWithItsQueueAndWaitsForItsAcknowledgement() throws {
    let loop = try Loopback()
    #expect(unsafe loop.channel.pointee.refcnt == 1)
    unsafe loop.queue.pointee.cq_context = UnsafeMutableRawPointer(bitPattern: 0x1234)
    #expect(unsafe ibv_req_notify_cq(loop.queue, 0) == 0)
    #expect(loop.postReceive(1, loop.element(2048, 64)) == 0)
    #expect(unsafe loop.postSend(2, loop.element(0, 64)) == 0)
    var queue: UnsafeMutablePointer<ibv_cq>?
    var cookie: UnsafeMutableRawPointer?
    #expect(unsafe ibv_get_cq_event(loop.channel, &queue, &cookie) == 0)
    #expect(unsafe queue == loop.queue && cookie == UnsafeMutableRawPointer(bitPattern: 0x1234))
    #expect(unsafe loop.queue.pointee.comp_events_completed == 0)
    #expect(loop.completions(2).count == 2)
    unsafe ibv_ack_cq_events(queue, 1)
    #expect(unsafe loop.queue.pointee.comp_events_completed == 1)
    loop.end()
}

/// The acknowledgement comes from another thread, while the destroying one waits for it; until then the channel is in use.
@Test func destroyingWaitsForTheAcknowledgement() throws {
    let loop = try Loopback()
    #expect(unsafe ibv_req_notify_cq(loop.queue, 0) == 0)
    #expect(loop.postReceive(1, loop.element(2048, 64)) == 0)
    unsafe #expect(loop.postSend(2, loop.element(0, 64)) == 0)
    var queue: UnsafeMutablePointer<ibv_cq>?
    var cookie: UnsafeMutableRawPointer?
    #expect(unsafe ibv_get_cq_event(loop.channel, &queue, &cookie) == 0)
    var thread = pthread_t()
    let started = unsafe pthread_create(
        &thread, nil,
        { argument in
            Clock.sleep(nanoseconds: 50_000_000)
            let queue = unsafe argument?.assumingMemoryBound(to: ibv_cq.self)
            let code = unsafe ibv_destroy_comp_channel(queue?.pointee.channel)
            unsafe ibv_ack_cq_events(queue, 1)
            return unsafe UnsafeMutableRawPointer(bitPattern: Int(code))
        }, loop.queue)
    #expect(started == 0)
    let before = ContinuousClock.now
    loop.end()
    #expect(ContinuousClock.now - before >= .milliseconds(40))
    var code: UnsafeMutableRawPointer?
    #expect(unsafe pthread_join(thread, &code) == 0)
    #expect(Int32(truncatingIfNeeded: Int(bitPattern: code)) == EBUSY)
}
