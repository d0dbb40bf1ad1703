// Posting.swift - a request of ours as the structures of C.

import CVerbs

enum Posting {
    static func receive(
        _ id: UInt64, _ elements: [Element], count: Int32?,
        _ post: (UnsafeMutablePointer<ibv_recv_wr>, UnsafeMutablePointer<UnsafeMutablePointer<ibv_recv_wr>?>) -> Int32
    ) -> Int32 {
        var list = elements.map { ibv_sge(addr: $0.address, length: $0.length, lkey: $0.key) }
        return unsafe list.withUnsafeMutableBufferPointer { list in
            var request = unsafe ibv_recv_wr(
                wr_id: id, next: nil, sg_list: list.baseAddress, num_sge: count ?? Int32(list.count))
            var bad: UnsafeMutablePointer<ibv_recv_wr>?
            return unsafe post(&request, &bad)
        }
    }

    static func send(
        _ request: Send, _ post: (UnsafeMutablePointer<ibv_send_wr>, UnsafeMutablePointer<UnsafeMutablePointer<ibv_send_wr>?>) -> Int32
    ) -> Int32 {
        var list = request.elements.map { ibv_sge(addr: $0.address, length: $0.length, lkey: $0.key) }
        return unsafe list.withUnsafeMutableBufferPointer { list in
            var raw = unsafe ibv_send_wr()
            unsafe raw.wr_id = request.id
            unsafe raw.sg_list = list.baseAddress
            unsafe raw.num_sge = request.elementCount ?? Int32(list.count)
            unsafe raw.opcode = ibv_wr_opcode(rawValue: request.opcode)
            unsafe raw.send_flags = request.flags
            unsafe raw.imm_data = request.immediate.bigEndian
            if let datagram = request.datagram {
                unsafe raw.wr.ud.ah = unsafe datagram.handle.pointer
                unsafe raw.wr.ud.remote_qpn = datagram.pair
                unsafe raw.wr.ud.remote_qkey = datagram.key
            } else if Opcode(rawValue: request.opcode)?.isAtomic == true {
                unsafe raw.wr.atomic.remote_addr = request.remoteAddress
                unsafe raw.wr.atomic.rkey = request.remoteKey
                unsafe raw.wr.atomic.compare_add = request.compareAdd
                unsafe raw.wr.atomic.swap = request.swap
            } else {
                unsafe raw.wr.rdma.remote_addr = request.remoteAddress
                unsafe raw.wr.rdma.rkey = request.remoteKey
            }
            if let number = request.sharedQueue { unsafe raw.qp_type.xrc.remote_srqn = number }
            var bad: UnsafeMutablePointer<ibv_send_wr>?
            let code = unsafe post(&raw, &bad)
            // A refused request must be named: a mismatch of its own number, which no errno has.
            let named = unsafe withUnsafeMutablePointer(to: &raw) { unsafe bad == $0 }
            return code != 0 && !named ? -1 : code
        }
    }
}
