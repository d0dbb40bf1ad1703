// Completion.swift - one work completion.

import CVerbs

struct Completion: Codable {
    let id: UInt64
    let status: Status
    let opcode: UInt32
    let bytes: UInt32
    let immediate: UInt32
    let pair: UInt32
    let source: UInt32
    let flags: UInt32

    init(_ raw: ibv_wc) {
        guard let status = Status(rawValue: raw.status.rawValue) else { fatalError("status \(raw.status.rawValue)") }
        id = raw.wr_id
        self.status = status
        opcode = raw.opcode.rawValue
        bytes = raw.byte_len
        immediate = UInt32(bigEndian: raw.imm_data)
        pair = raw.qp_num
        source = raw.src_qp
        flags = raw.wc_flags
    }

    /// The completion at which an extended queue stands. In error only some fields may be read.
    init(reading queue: UnsafeMutablePointer<ibv_cq_ex>) {
        var raw = ibv_wc()
        unsafe raw.wr_id = queue.pointee.wr_id
        unsafe raw.status = queue.pointee.status
        unsafe raw.qp_num = ibv_wc_read_qp_num(queue)
        if raw.status == IBV_WC_SUCCESS {
            unsafe raw.opcode = ibv_wc_read_opcode(queue)
            unsafe raw.byte_len = ibv_wc_read_byte_len(queue)
            unsafe raw.imm_data = ibv_wc_read_imm_data(queue)
            unsafe raw.src_qp = ibv_wc_read_src_qp(queue)
            unsafe raw.wc_flags = ibv_wc_read_wc_flags(queue)
        }
        self.init(raw)
    }

    static let receive: UInt32 = 128
    static let receiveOfWrite: UInt32 = 129
    static let withGlobalRoute: UInt32 = 1
    static let withImmediate: UInt32 = 2
}
