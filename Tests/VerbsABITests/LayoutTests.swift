// LayoutTests.swift - the Swift types that stand for C structs in place have their layout, and the C structs have the
// sizes that programs were compiled with.

import CVerbs
import Testing
import Verbs

@Test func elementsHaveTheLayoutOfTheC() {
    let c: [Int?] = [
        MemoryLayout<ibv_sge>.size, MemoryLayout<ibv_sge>.stride, MemoryLayout<ibv_sge>.alignment,
        MemoryLayout<ibv_sge>.offset(of: \.addr), MemoryLayout<ibv_sge>.offset(of: \.length),
        MemoryLayout<ibv_sge>.offset(of: \.lkey),
    ]
    typealias Ours = ScatterGatherElement
    let ours: [Int?] = [
        MemoryLayout<Ours>.size, MemoryLayout<Ours>.stride, MemoryLayout<Ours>.alignment,
        MemoryLayout<Ours>.offset(of: \.address), MemoryLayout<Ours>.offset(of: \.length),
        MemoryLayout<Ours>.offset(of: \.localKey),
    ]
    #expect(c == ours)
    #expect(!ours.contains(nil))
}

@Test func completionsHaveTheLayoutOfTheC() {
    typealias C = ibv_wc
    typealias Ours = Completion
    let pairs: [(Int?, Int?)] = [
        (MemoryLayout<C>.stride, MemoryLayout<Ours>.stride),
        (MemoryLayout<C>.alignment, MemoryLayout<Ours>.alignment),
        (MemoryLayout<C>.offset(of: \.wr_id), MemoryLayout<Ours>.offset(of: \.workRequestID)),
        (MemoryLayout<C>.offset(of: \.status), MemoryLayout<Ours>.offset(of: \.status)),
        (MemoryLayout<C>.offset(of: \.opcode), MemoryLayout<Ours>.offset(of: \.opcode)),
        (MemoryLayout<C>.offset(of: \.vendor_err), MemoryLayout<Ours>.offset(of: \.vendorError)),
        (MemoryLayout<C>.offset(of: \.byte_len), MemoryLayout<Ours>.offset(of: \.byteCount)),
        (MemoryLayout<C>.offset(of: \.qp_num), MemoryLayout<Ours>.offset(of: \.queuePairNumber)),
        (MemoryLayout<C>.offset(of: \.src_qp), MemoryLayout<Ours>.offset(of: \.sourceQueuePair)),
        (MemoryLayout<C>.offset(of: \.wc_flags), MemoryLayout<Ours>.offset(of: \.flags)),
        (MemoryLayout<C>.offset(of: \.pkey_index), MemoryLayout<Ours>.offset(of: \.partitionKeyIndex)),
        (MemoryLayout<C>.offset(of: \.slid), MemoryLayout<Ours>.offset(of: \.sourceLocalIdentifier)),
        (MemoryLayout<C>.offset(of: \.sl), MemoryLayout<Ours>.offset(of: \.serviceLevel)),
        (MemoryLayout<C>.offset(of: \.dlid_path_bits), MemoryLayout<Ours>.offset(of: \.destinationPathBits)),
    ]
    for (c, ours) in pairs {
        #expect(c == ours)
        #expect(ours != nil)
    }
}

/// The union has no offset of its own in Swift: what is written on one side is read on the other.
@Test func immediateDataStandsWhereTheCHasIt() {
    var completion = ibv_wc()
    completion.imm_data = 0xdead_beef
    let seen = unsafe withUnsafeBytes(of: completion) { unsafe $0.loadUnaligned(as: Completion.self) }
    #expect(seen.immediate == 0xdead_beef)
}

@Test func publicStructsHaveTheSizesOfThisABI() {
    let sizes = unsafe [
        MemoryLayout<ibv_device>.size: 664, MemoryLayout<ibv_context>.size: 328, MemoryLayout<verbs_context>.size: 648,
        MemoryLayout<ibv_cq>.size: 128, MemoryLayout<ibv_cq_ex>.size: 288, MemoryLayout<ibv_qp>.size: 160,
        MemoryLayout<ibv_qp_ex>.size: 352, MemoryLayout<ibv_mr>.stride: 48, MemoryLayout<ibv_device_attr>.size: 232,
        MemoryLayout<ibv_device_attr_ex>.size: 400, MemoryLayout<ibv_port_attr>.size: 52,
        MemoryLayout<ibv_qp_attr>.size: 144, MemoryLayout<ibv_qp_init_attr>.size: 64,
        MemoryLayout<ibv_qp_init_attr_ex>.size: 136, MemoryLayout<ibv_gid_entry>.size: 32,
    ]
    for (here, then) in sizes { #expect(here == then) }
    #expect(sizes.count == 15)
    #expect(unsafe MemoryLayout<verbs_context>.offset(of: \.context) == 320)
}
