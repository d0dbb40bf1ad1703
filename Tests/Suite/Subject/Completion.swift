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

    static let receive: UInt32 = 128
    static let receiveOfWrite: UInt32 = 129
    static let withGlobalRoute: UInt32 = 1
    static let withImmediate: UInt32 = 2
}
