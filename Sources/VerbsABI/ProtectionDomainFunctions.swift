// ProtectionDomainFunctions.swift - protection domains.
//
// Owns: `struct ibv_pd`. Does not: check who still uses it (the device does).
// C counterpart: ibv_alloc_pd(3), ibv_dealloc_pd, ibv_import_pd.

import CVerbs
import Device
import Verbs

extension ibv_pd: @unsafe VerbsObject {
    typealias Live = ProtectionDomain
}

@c @implementation
public func ibv_alloc_pd(_ context: UnsafeMutablePointer<ibv_context>?) -> UnsafeMutablePointer<ibv_pd>? {
    unsafe created(under: context) { context, device throws(VerbsErrno) in
        let live = try device.allocateProtectionDomain()
        let domain = unsafe UnsafeMutablePointer<ibv_pd>.make(holding: live, under: context)
        unsafe domain.pointee.context = unsafe context
        unsafe domain.pointee.handle = live.number.rawValue
        return unsafe domain
    }
}

@c @implementation
public func ibv_dealloc_pd(_ domain: UnsafeMutablePointer<ibv_pd>?) -> Int32 {
    unsafe performed(on: domain) { domain, live throws(VerbsErrno) in
        try live.deallocate()
        unsafe domain.free()
    }
}

@c @implementation
public func ibv_import_pd(
    _ context: UnsafeMutablePointer<ibv_context>?, _ handle: UInt32
) -> UnsafeMutablePointer<ibv_pd>? {
    unsafe created(under: context) { context, device throws(VerbsErrno) in
        let live = try device.importProtectionDomain(handle: handle)
        let domain = unsafe UnsafeMutablePointer<ibv_pd>.make(holding: live, under: context)
        unsafe domain.pointee.context = unsafe context
        unsafe domain.pointee.handle = handle
        return unsafe domain
    }
}

/// What was made on it lives on.
@c @implementation
public func ibv_unimport_pd(_ domain: UnsafeMutablePointer<ibv_pd>?) {
    _ = unsafe performed(on: domain) { domain, live in
        live.endImport()
        unsafe domain.free()
    }
}
