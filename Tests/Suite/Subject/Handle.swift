// Handle.swift - an address handle.

import CVerbs

@safe
final class Handle: Object {
    let pointer: UnsafeMutablePointer<ibv_ah>

    init(_ domain: Domain, _ path: ibv_ah_attr) throws {
        var path = path
        guard let made = unsafe ibv_create_ah(domain.pointer, &path) else { throw Refused(function: "ibv_create_ah") }
        unsafe pointer = unsafe made
    }

    init(adopting pointer: UnsafeMutablePointer<ibv_ah>) { unsafe self.pointer = unsafe pointer }

    override func destroyNow() -> Int32 { unsafe ibv_destroy_ah(pointer) }
}
