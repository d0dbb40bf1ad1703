// ExtendedDomain.swift - an XRC domain.

import CVerbs
import Glibc

@safe
final class ExtendedDomain: Object {
    let pointer: UnsafeMutablePointer<ibv_xrcd>
    let device: Device

    /// - Parameter descriptor: of the file by which others open the same domain; -1 for a domain of one's own.
    init(_ device: Device, descriptor: Int32 = -1, flags: Int32 = O_CREAT, mask: UInt32 = 3) throws {
        var attributes = ibv_xrcd_init_attr(comp_mask: mask, fd: descriptor, oflags: flags)
        guard let made = unsafe ibv_open_xrcd(device.context, &attributes) else { throw Refused(function: "ibv_open_xrcd") }
        unsafe pointer = unsafe made
        self.device = device
    }

    override func destroyNow() -> Int32 { unsafe ibv_close_xrcd(pointer) }
}
