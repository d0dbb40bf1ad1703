// Window.swift - a memory window.

import CVerbs

@safe
final class Window: Object {
    let pointer: UnsafeMutablePointer<ibv_mw>
    let type: UInt32

    /// - Parameter type: 1 or 2.
    init(_ domain: Domain, type: UInt32) throws {
        guard let made = unsafe ibv_alloc_mw(domain.pointer, ibv_mw_type(rawValue: type)) else {
            throw Refused(function: "ibv_alloc_mw")
        }
        unsafe pointer = unsafe made
        self.type = type
    }

    override func destroyNow() -> Int32 { unsafe ibv_dealloc_mw(pointer) }

    var key: UInt32 { unsafe pointer.pointee.rkey }

    /// Asks a queue pair to bind it to a part of a region, in the way that its type has; errno.
    func bind(_ pair: Pair, _ region: Region, _ offset: Int, _ length: Int, _ access: Access) -> Int32 {
        let part = unsafe ibv_mw_bind_info(
            mr: region.pointer, addr: region.memory.address &+ UInt64(truncatingIfNeeded: offset), length: UInt64(length),
            mw_access_flags: access.rawValue)
        if type == 1 {
            var bind = unsafe ibv_mw_bind(wr_id: 1, send_flags: SendFlag.signaled, bind_info: part)
            return unsafe ibv_bind_mw(pair.pointer, pointer, &bind)
        }
        let next = key & ~0xff | (key &+ 1) & 0xff
        var request = unsafe ibv_send_wr()
        unsafe request.wr_id = 1
        unsafe request.opcode = IBV_WR_BIND_MW
        unsafe request.send_flags = SendFlag.signaled
        unsafe request.bind_mw.mw = unsafe pointer
        unsafe request.bind_mw.rkey = next
        unsafe request.bind_mw.bind_info = unsafe part
        var bad: UnsafeMutablePointer<ibv_send_wr>?
        let code = unsafe ibv_post_send(pair.pointer, &request, &bad)
        // The key of a type 2 window is its program's to choose.
        if code == 0 { unsafe pointer.pointee.rkey = next }
        return code
    }

    /// LOCAL_INV or SEND_WITH_INV of a key.
    static func invalidate(_ key: UInt32, by pair: Pair, _ opcode: Opcode) -> Int32 {
        var request = unsafe ibv_send_wr()
        unsafe request.wr_id = 1
        unsafe request.opcode = ibv_wr_opcode(rawValue: opcode.rawValue)
        unsafe request.send_flags = SendFlag.signaled
        unsafe request.invalidate_rkey = key
        var bad: UnsafeMutablePointer<ibv_send_wr>?
        return unsafe ibv_post_send(pair.pointer, &request, &bad)
    }
}
