// Posting+Extended.swift - a request of ours through ibv_wr_*.

import CVerbs
import Glibc

extension Posting {
    /// Builds one request and posts it; what ibv_wr_complete says.
    static func build(_ request: Send, on pair: UnsafeMutablePointer<ibv_qp_ex>?) -> Int32 {
        guard let pair = unsafe pair, let opcode = Opcode(rawValue: request.opcode) else { return EINVAL }
        unsafe ibv_wr_start(pair)
        unsafe pair.pointee.wr_id = request.id
        // Whether data is inline is said by the function that sets it.
        unsafe pair.pointee.wr_flags = request.flags & ~SendFlag.inline
        unsafe begin(request, opcode, pair)
        if let datagram = request.datagram {
            unsafe ibv_wr_set_ud_addr(pair, datagram.handle.pointer, datagram.pair, datagram.key)
        }
        if let number = request.sharedQueue { unsafe ibv_wr_set_xrc_srqn(pair, number) }
        if opcode == .atomicWrite {
            // The word was given with the operation.
        } else if request.flags & SendFlag.inline != 0 {
            let list = unsafe request.elements.map { element in
                unsafe ibv_data_buf(addr: UnsafeMutableRawPointer(bitPattern: UInt(element.address)), length: Int(element.length))
            }
            unsafe ibv_wr_set_inline_data_list(pair, unsafe list.count, list)
        } else {
            let list = request.elements.map { ibv_sge(addr: $0.address, length: $0.length, lkey: $0.key) }
            unsafe ibv_wr_set_sge_list(pair, list.count, list)
        }
        return unsafe ibv_wr_complete(pair)
    }

    private static func begin(_ request: Send, _ opcode: Opcode, _ pair: UnsafeMutablePointer<ibv_qp_ex>) {
        let (key, address, immediate) = (request.remoteKey, request.remoteAddress, request.immediate.bigEndian)
        switch opcode {
        case .send: unsafe ibv_wr_send(pair)
        case .sendWithImmediate: unsafe ibv_wr_send_imm(pair, immediate)
        case .write: unsafe ibv_wr_rdma_write(pair, key, address)
        case .writeWithImmediate: unsafe ibv_wr_rdma_write_imm(pair, key, address, immediate)
        case .read: unsafe ibv_wr_rdma_read(pair, key, address)
        case .compareAndSwap: unsafe ibv_wr_atomic_cmp_swp(pair, key, address, request.compareAdd, request.swap)
        case .fetchAndAdd: unsafe ibv_wr_atomic_fetch_add(pair, key, address, request.compareAdd)
        case .atomicWrite:
            let word = unsafe request.elements.first.flatMap { unsafe UnsafeRawPointer(bitPattern: UInt($0.address)) }
            unsafe ibv_wr_atomic_write(pair, key, address, word)
        default: fatalError("\(opcode) is not built here")
        }
    }
}
