// SendBatchTests.swift - the extended send interface: what is posted as one, and what makes all of it fail.

import CVerbs
import Testing

private let every: UInt64 = 0x13ff
private let datagramOperations = UInt64(IBV_QP_EX_WITH_SEND.rawValue | IBV_QP_EX_WITH_SEND_WITH_IMM.rawValue)

/// Each inline function of the header that builds a request, after `body` has built what it wants to.
private func batch(
    _ pair: UnsafeMutablePointer<ibv_qp>, _ body: (UnsafeMutablePointer<ibv_qp_ex>) -> Void
) throws -> Int32 {
    let extended = unsafe try #require(unsafe ibv_qp_to_qp_ex(pair))
    unsafe ibv_wr_start(extended)
    unsafe extended.pointee.wr_flags = IBV_SEND_SIGNALED.rawValue
    unsafe body(extended)
    return unsafe ibv_wr_complete(extended)
}

@Test func aPairWithoutOperationsHasNoExtendedInterface() throws {
    let loop = try Loopback(operations: every)
    #expect(unsafe ibv_qp_to_qp_ex(loop.receiver) == nil)
    #expect(unsafe ibv_qp_to_qp_ex(nil) == nil)
    let extended = unsafe try #require(unsafe ibv_qp_to_qp_ex(loop.sender))
    #expect(unsafe UnsafeRawPointer(extended) == UnsafeRawPointer(loop.sender))
    // From the first function to the last: none is left out.
    for offset in stride(from: 184, to: 352, by: 8) {
        #expect(unsafe UnsafeRawPointer(extended).load(fromByteOffset: offset, as: UInt.self) != 0, "offset \(offset)")
    }
    loop.end()
}

@Test func operationsThatATypeDoesNotHaveAreRefusedAtCreation() throws {
    let device = try OpenedDevice()
    let domain = unsafe try device.domain()
    let queue = unsafe try device.queue()
    let bits = 0..<UInt64(64)
    let expected: [(ibv_qp_type, Set<UInt64>)] = [
        (IBV_QPT_RC, Set(0...9).union([12])), (IBV_QPT_UC, [0, 1, 2, 3, 7, 8, 9]), (IBV_QPT_UD, [2, 3]),
    ]
    for (type, served) in expected {
        for bit in bits {
            errorNumber = 0
            let pair = unsafe device.extendedPair(domain, queue, type: type, operations: 1 << bit)
            #expect(unsafe (pair != nil) == served.contains(bit), "type \(type.rawValue), operation \(bit)")
            if unsafe pair == nil { #expect(errorNumber == EOPNOTSUPP) }
            if unsafe pair != nil { #expect(unsafe ibv_destroy_qp(pair) == 0) }
        }
    }
    #expect(unsafe ibv_destroy_cq(queue) == 0)
    #expect(unsafe ibv_dealloc_pd(domain) == 0)
}

@Test func extensionsThatAreNotServedAreRefused() throws {
    let device = try OpenedDevice()
    let domain = unsafe try device.domain()
    let queue = unsafe try device.queue()
    for bit in UInt32(0)..<32 where ![0, 1, 2, 6].contains(bit) {
        errorNumber = 0
        let pair = unsafe device.extendedPair(domain, queue, operations: 1) { unsafe $0.comp_mask |= 1 << bit }
        #expect(unsafe pair == nil && errorNumber == EOPNOTSUPP, "comp_mask bit \(bit)")
    }
    for flag in UInt32(0)..<32 where 1 << flag != IBV_QP_CREATE_BLOCK_SELF_MCAST_LB.rawValue {
        errorNumber = 0
        let pair = unsafe device.extendedPair(domain, queue, operations: 1) {
            unsafe $0.comp_mask |= IBV_QP_INIT_ATTR_CREATE_FLAGS.rawValue
            unsafe $0.create_flags = 1 << flag
        }
        #expect(unsafe pair == nil && errorNumber == EOPNOTSUPP, "creation flag \(flag)")
    }
    errorNumber = 0
    let homeless = unsafe device.extendedPair(domain, queue, operations: 1) {
        unsafe $0.comp_mask = IBV_QP_INIT_ATTR_SEND_OPS_FLAGS.rawValue
    }
    #expect(unsafe homeless == nil && errorNumber == EINVAL)
    #expect(unsafe ibv_destroy_cq(queue) == 0)
    #expect(unsafe ibv_dealloc_pd(domain) == 0)
}

@Test func aBatchIsPostedInOrder() throws {
    let loop = try Loopback(operations: every)
    for index in 0..<1024 { unsafe loop.memory.storeBytes(of: UInt8(truncatingIfNeeded: index * 7), toByteOffset: index, as: UInt8.self) }
    #expect(loop.postReceive(50, loop.element(3072, 256)) == 0)
    let key = unsafe loop.region.pointee.rkey
    let localKey = unsafe loop.region.pointee.lkey
    let start = unsafe UInt64(UInt(bitPattern: loop.memory))
    let code = unsafe try batch(loop.sender) { pair in
        unsafe pair.pointee.wr_id = 1
        unsafe ibv_wr_rdma_write(pair, key, start + 1024)
        unsafe ibv_wr_set_sge(pair, localKey, start, 100)
        unsafe pair.pointee.wr_id = 2
        unsafe ibv_wr_rdma_write(pair, key, start + 2048)
        var list = [ibv_sge(addr: start, length: 10, lkey: localKey), ibv_sge(addr: start + 500, length: 20, lkey: localKey)]
        unsafe ibv_wr_set_sge_list(pair, 2, &list)
        // The list was taken over.
        list = []
        unsafe pair.pointee.wr_id = 3
        unsafe ibv_wr_send_imm(pair, UInt32(0xabcd).bigEndian)
        var bytes: [UInt8] = [1, 2, 3, 4, 5]
        unsafe bytes.withUnsafeMutableBytes { unsafe ibv_wr_set_inline_data(pair, $0.baseAddress, $0.count) }
        bytes = []
    }
    #expect(code == 0)
    let all = loop.completions(4)
    #expect(all.filter { $0.wr_id < 10 }.map(\.wr_id) == [1, 2, 3])
    #expect(all.allSatisfy { $0.status == IBV_WC_SUCCESS })
    let received = try #require(all.first { $0.wr_id == 50 })
    #expect(received.byte_len == 5 && UInt32(bigEndian: received.imm_data) == 0xabcd)
    let memory = unsafe UnsafeRawBufferPointer(start: loop.memory, count: 4096)
    #expect(unsafe Array(memory[1024..<1124]) == Array(memory[0..<100]))
    #expect(unsafe Array(memory[2048..<2078]) == Array(memory[0..<10]) + Array(memory[500..<520]))
    #expect(unsafe Array(memory[3072..<3078]) == [1, 2, 3, 4, 5, 0])
    loop.end()
}

/// Whatever goes wrong, the good requests around it are not posted either.
@Test func oneBadRequestFailsTheBatch() throws {
    let loop = try Loopback(operations: every & ~UInt64(IBV_QP_EX_WITH_RDMA_READ.rawValue))
    let key = unsafe loop.region.pointee.rkey
    let localKey = unsafe loop.region.pointee.lkey
    let start = unsafe UInt64(UInt(bitPattern: loop.memory))
    func goodWrite(_ pair: UnsafeMutablePointer<ibv_qp_ex>) {
        unsafe ibv_wr_rdma_write(pair, key, start + 1024)
        unsafe ibv_wr_set_sge(pair, localKey, start, 8)
    }
    let long = UnsafeMutableRawPointer.allocate(byteCount: 65, alignment: 8)
    unsafe long.initializeMemory(as: UInt8.self, repeating: 7, count: 65)
    defer { unsafe long.deallocate() }
    let list = UnsafeMutablePointer<ibv_sge>.allocate(capacity: 5)
    unsafe list.initialize(repeating: ibv_sge(addr: start, length: 1, lkey: localKey), count: 5)
    defer { unsafe list.deallocate() }
    let spoilers: [(String, Int32, (UnsafeMutablePointer<ibv_qp_ex>) -> Void)] = unsafe [
        ("not asked for at creation", EINVAL, { unsafe ibv_wr_rdma_read($0, key, start) }),
        ("segmentation", EINVAL, { unsafe ibv_wr_send_tso($0, long, 8, 8) }),
        ("a flag that no header defines", EINVAL, { unsafe $0.pointee.wr_flags = 1 << 9; unsafe ibv_wr_send($0) }),
        ("too many pieces", EINVAL, { unsafe ibv_wr_send($0); unsafe ibv_wr_set_sge_list($0, 5, list) }),
        ("a list that is not there", EINVAL, { unsafe ibv_wr_send($0); unsafe ibv_wr_set_sge_list($0, 2, nil) }),
        ("too many inline bytes", EINVAL, { unsafe ibv_wr_send($0); unsafe ibv_wr_set_inline_data($0, long, 65) }),
        ("inline bytes that are not there", EINVAL, { unsafe ibv_wr_send($0); unsafe ibv_wr_set_inline_data($0, nil, 1) }),
        ("inline for an atomic", EINVAL, {
            unsafe ibv_wr_atomic_fetch_add($0, key, start, 1); unsafe ibv_wr_set_inline_data($0, long, 8)
        }),
        ("an address on a connected pair", EINVAL, { unsafe ibv_wr_send($0); unsafe ibv_wr_set_ud_addr($0, nil, 1, 1) }),
        ("a shared queue's number on a pair that is not XRC", EINVAL, {
            unsafe ibv_wr_send($0); unsafe ibv_wr_set_xrc_srqn($0, 1)
        }),
        ("a word that is not there", EINVAL, { unsafe ibv_wr_atomic_write($0, key, start, nil) }),
        ("more than the queue holds", ENOMEM, { pair in for _ in 0..<8 { unsafe goodWrite(pair) } }),
    ]
    for unsafe (name, expected, spoil) in unsafe spoilers {
        unsafe loop.memory.storeBytes(of: 0x5a5a, toByteOffset: 1024, as: UInt64.self)
        let code = unsafe try batch(loop.sender) { pair in
            unsafe goodWrite(pair)
            unsafe spoil(pair)
            unsafe pair.pointee.wr_flags = IBV_SEND_SIGNALED.rawValue
            unsafe goodWrite(pair)
        }
        #expect(code == expected, "\(name)")
        var completion = ibv_wc()
        #expect(unsafe ibv_poll_cq(loop.queue, 1, &completion) == 0, "\(name)")
        #expect(unsafe loop.memory.load(fromByteOffset: 1024, as: UInt64.self) == 0x5a5a, "\(name)")
    }
    // And the next one is not held up by any of it.
    #expect(unsafe try batch(loop.sender) { unsafe goodWrite($0) } == 0)
    #expect(loop.completions(1).map(\.status) == [IBV_WC_SUCCESS])
    loop.end()
}

@Test func anAbortedBatchPostsNothing() throws {
    let loop = try Loopback(operations: every)
    let extended = unsafe try #require(unsafe ibv_qp_to_qp_ex(loop.sender))
    unsafe ibv_wr_start(extended)
    unsafe ibv_wr_send(extended)
    unsafe ibv_wr_abort(extended)
    // A setter before any request has nothing to be about.
    #expect(unsafe try batch(loop.sender) { unsafe ibv_wr_set_sge($0, 0, 0, 0) } == EINVAL)
    #expect(unsafe try batch(loop.sender) { _ in } == 0)
    var completion = ibv_wc()
    #expect(unsafe ibv_poll_cq(loop.queue, 1, &completion) == 0)
    loop.end()
}

@Test func aBatchBeforeReadyToSendIsRefused() throws {
    let device = try OpenedDevice()
    let domain = unsafe try device.domain()
    let queue = unsafe try device.queue()
    let connected = unsafe try #require(unsafe device.extendedPair(domain, queue, operations: every))
    #expect(unsafe try batch(connected) { unsafe ibv_wr_send($0) } == EINVAL)
    let datagrams = unsafe try #require(
        unsafe device.extendedPair(domain, queue, type: IBV_QPT_UD, operations: datagramOperations))
    #expect(unsafe try batch(datagrams) { unsafe ibv_wr_send($0) } == EINVAL)
    #expect(unsafe ibv_destroy_qp(datagrams) == 0)
    #expect(unsafe ibv_destroy_qp(connected) == 0)
    #expect(unsafe ibv_destroy_cq(queue) == 0)
    #expect(unsafe ibv_dealloc_pd(domain) == 0)
}
