// Domain.swift - a protection domain.

import CVerbs

@safe
final class Domain: Object {
    let pointer: UnsafeMutablePointer<ibv_pd>
    let device: Device

    init(_ device: Device) throws {
        guard let made = unsafe ibv_alloc_pd(device.context) else { throw Refused(function: "ibv_alloc_pd") }
        unsafe pointer = unsafe made
        self.device = device
    }

    /// Takes a parent domain on, if it was made.
    init(adopting made: UnsafeMutablePointer<ibv_pd>?, _ device: Device) throws {
        guard let made = unsafe made else { throw Refused(function: "ibv_alloc_parent_domain") }
        unsafe pointer = unsafe made
        self.device = device
    }

    override func destroyNow() -> Int32 { unsafe ibv_dealloc_pd(pointer) }
}
