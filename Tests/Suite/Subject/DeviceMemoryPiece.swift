// DeviceMemoryPiece.swift - memory of the device itself.

import CVerbs

@safe
final class DeviceMemoryPiece: Object {
    let pointer: UnsafeMutablePointer<ibv_dm>

    /// - Parameter alignment: binary logarithm.
    init(_ device: Device, length: Int, alignment: UInt32) throws {
        var attributes = ibv_alloc_dm_attr()
        attributes.length = length
        attributes.log_align_req = alignment
        guard let made = unsafe ibv_alloc_dm(device.context, &attributes) else { throw Refused(function: "ibv_alloc_dm") }
        unsafe pointer = unsafe made
    }

    override func destroyNow() -> Int32 { unsafe ibv_free_dm(pointer) }
}
