// MemoryWindowFunctions.swift - memory windows.
//
// Owns: `struct ibv_mw`, and binds in the C forms. Does not: decide what may be bound (Verbs).
// C counterpart: ibv_alloc_mw(3), ibv_bind_mw(3), IBV_WR_BIND_MW of ibv_post_send(3), ibv_wr_bind_mw(3).

import CVerbs
import Device
import Verbs

extension ibv_mw: @unsafe VerbsObject {
    typealias Live = MemoryWindow
}

@c(verbena_alloc_mw)
func allocateMemoryWindow(
    _ domain: UnsafeMutablePointer<ibv_pd>?, _ type: ibv_mw_type
) -> UnsafeMutablePointer<ibv_mw>? {
    unsafe created(under: domain) { domain, live throws(VerbsErrno) in
        guard let kind = MemoryWindowKind(rawValue: UInt8(truncatingIfNeeded: type.rawValue)), type.rawValue < 256 else {
            throw .invalidArgument
        }
        let made = try live.allocateMemoryWindow(kind)
        let window = unsafe UnsafeMutablePointer<ibv_mw>.make(holding: made, under: domain)
        unsafe window.pointee.context = unsafe domain.pointee.context
        unsafe window.pointee.pd = unsafe domain
        unsafe window.pointee.type = type
        unsafe window.pointee.handle = made.remoteKey.index
        unsafe window.pointee.rkey = made.remoteKey.rawValue
        return unsafe window
    }
}

@c(verbena_dealloc_mw)
func deallocateMemoryWindow(_ window: UnsafeMutablePointer<ibv_mw>?) -> Int32 {
    unsafe performed(on: window) { window, live throws(VerbsErrno) in
        live.deallocate()
        unsafe window.free()
    }
}

/// Type 1: the call chooses the new key, and the program finds it in the window once the bind is posted.
@c(verbena_bind_mw)
func bindMemoryWindow(
    _ pair: UnsafeMutablePointer<ibv_qp>?, _ window: UnsafeMutablePointer<ibv_mw>?, _ bind: UnsafeMutablePointer<ibv_mw_bind>?
) -> Int32 {
    unsafe performed(on: pair) { pair, live throws(VerbsErrno) in
        let window = unsafe try checked(window)
        guard let bind = unsafe bind, unsafe window.pointee.type == IBV_MW_TYPE_1,
            unsafe SendFlags(rawValue: bind.pointee.send_flags).isSubset(of: .known)
        else { throw .invalidArgument }
        var request = unsafe SendRequest(
            workRequestID: bind.pointee.wr_id, elements: nil, elementCount: 0,
            opcode: UInt32(SendOpcode.bindMemoryWindow.rawValue), flags: SendFlags(rawValue: bind.pointee.send_flags))
        let key = unsafe MemoryKey(rawValue: ibv_inc_rkey(window.pointee.rkey))
        unsafe request.setBind(.type1, newKey: key, bind.pointee.bind_info)
        let code = live.postSend(request)
        guard code == 0 else { throw VerbsErrno(rawValue: code) }
        unsafe window.pointee.rkey = key.rawValue
    }
}

@c(verbena_wr_bind_mw)
func buildBind(
    _ pair: UnsafeMutablePointer<ibv_qp_ex>?, _ window: UnsafeMutablePointer<ibv_mw>?, _ key: UInt32,
    _ information: UnsafePointer<ibv_mw_bind_info>?
) {
    unsafe build(pair, .bindMemoryWindow) { request in
        guard let information = unsafe information else { return }
        unsafe request.setBind(window, key, information.pointee)
    }
}

extension SendRequest {
    /// A bind that names a window of type 2 and its next key. A key of another window is no key of this one: the bind then fails
    /// when it is carried out, as on an adapter.
    mutating func setBind(_ window: UnsafeMutablePointer<ibv_mw>?, _ key: UInt32, _ information: ibv_mw_bind_info) {
        let named = unsafe window.map { unsafe MemoryKey(rawValue: $0.pointee.rkey) }
        let new = MemoryKey(rawValue: key)
        unsafe setBind(.type2, newKey: named?.index == new.index ? new : MemoryKey(rawValue: 0), information)
    }

    fileprivate mutating func setBind(_ kind: MemoryWindowKind, newKey: MemoryKey, _ information: ibv_mw_bind_info) {
        let region = unsafe information.mr.map { unsafe MemoryKey(rawValue: $0.pointee.lkey) }
        setBind(
            kind, newKey: newKey, region: region ?? MemoryKey(rawValue: 0),
            unsafe MemoryWindowBinding(
                start: information.addr, length: information.length, access: AccessFlags(rawValue: information.mw_access_flags)))
    }
}
