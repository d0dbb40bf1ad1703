// XRCDomainFunctions.swift - XRC domains, and opening what another process put into one.
//
// Owns: `struct ibv_xrcd`. Does not: find out who shares a domain (the device).
// C counterpart: ibv_open_xrcd(3), ibv_close_xrcd, ibv_get_srq_num(3). All are slots of the context's table.

import CVerbs
import Device
import Verbs

extension ibv_xrcd: @unsafe VerbsObject {
    typealias Live = XRCDomain
}

/// The flags of open(2) that opening a domain knows; fcntl.h is not among the headers of the verbs.
private enum OpenFlag {
    static let create: Int32 = 0o100
    static let exclusive: Int32 = 0o200
}

@c(verbena_open_xrcd)
func openXRCDomain(
    _ context: UnsafeMutablePointer<ibv_context>?, _ attributes: UnsafeMutablePointer<ibv_xrcd_init_attr>?
) -> UnsafeMutablePointer<ibv_xrcd>? {
    unsafe created(under: context) { context, device throws(VerbsErrno) in
        guard let attributes = unsafe attributes?.pointee else { throw .invalidArgument }
        let both = IBV_XRCD_INIT_ATTR_FD.rawValue | IBV_XRCD_INIT_ATTR_OFLAGS.rawValue
        guard attributes.comp_mask < IBV_XRCD_INIT_ATTR_RESERVED.rawValue else { throw .notSupported }
        guard attributes.comp_mask & both == both else { throw .invalidArgument }
        guard attributes.oflags & ~(OpenFlag.create | OpenFlag.exclusive) == 0 else { throw .invalidArgument }
        let live = try device.openXRCDomain(
            descriptor: attributes.fd == -1 ? nil : attributes.fd, mayCreate: attributes.oflags & OpenFlag.create != 0,
            mustCreate: attributes.oflags & OpenFlag.exclusive != 0)
        let domain = unsafe UnsafeMutablePointer<ibv_xrcd>.make(holding: live, under: context)
        unsafe domain.pointee.context = unsafe context
        return unsafe domain
    }
}

@c(verbena_close_xrcd)
func closeXRCDomain(_ domain: UnsafeMutablePointer<ibv_xrcd>?) -> Int32 {
    unsafe performed(on: domain) { domain, live throws(VerbsErrno) in
        try live.close()
        unsafe domain.free()
    }
}

/// EINVAL for a queue that senders cannot name.
@c(verbena_get_srq_num)
func sharedReceiveQueueNumber(
    _ queue: UnsafeMutablePointer<ibv_srq>?, _ number: UnsafeMutablePointer<UInt32>?
) -> Int32 {
    unsafe performed(on: queue) { _, live throws(VerbsErrno) in
        guard let number = unsafe number, live.isExtended else { throw .invalidArgument }
        unsafe number.pointee = live.number.rawValue
    }
}
