// Region.swift - a memory region.

import CVerbs

@safe
final class Region: Object {
    let pointer: UnsafeMutablePointer<ibv_mr>
    let memory: Memory
    /// Kept, so that a key can be tried after its region is gone.
    let localKey: UInt32
    let remoteKey: UInt32

    /// - Parameter offset: where in the memory the region begins.
    init(_ domain: Domain, _ memory: Memory, offset: Int = 0, length: Int? = nil, access: Access) throws {
        let made = unsafe ibv_reg_mr_iova2(
            domain.pointer, memory.start + offset, length ?? memory.count - offset, memory.address + UInt64(offset),
            access.rawValue)
        guard let made = unsafe made else { throw Refused(function: "ibv_reg_mr") }
        unsafe pointer = unsafe made
        self.memory = memory
        localKey = unsafe made.pointee.lkey
        remoteKey = unsafe made.pointee.rkey
    }

    override func destroyNow() -> Int32 { unsafe ibv_dereg_mr(pointer) }

    /// A piece of it, by offset in the memory.
    func piece(_ offset: Int, _ length: Int) -> Element {
        Element(address: memory.address + UInt64(offset), length: UInt32(length), key: localKey)
    }
}
