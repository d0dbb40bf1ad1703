// MemoryRegionFunctions.swift - registered memory.
//
// Owns: `struct ibv_mr`; which access bits a program may set at all. Does not: check or charge the range (the device).
// C counterpart: ibv_reg_mr(3), ibv_reg_mr_iova, ibv_reg_mr_iova2, ibv_reg_dmabuf_mr, ibv_rereg_mr, ibv_dereg_mr,
// ibv_import_mr, ibv_import_dm.

import CVerbs
import Device
import Verbs

extension ibv_mr: @unsafe VerbsObject {
    typealias Live = MemoryRegion
}

/// The bits that must be understood. Those of the optional range are hints that a device may ignore.
private let understood: AccessFlags = [
    .localWrite, .remoteWrite, .remoteRead, .remoteAtomic, .memoryWindowBind, .zeroBased, .onDemand, .hugePages,
]

func accessFlags(_ bits: UInt32) throws(VerbsErrno) -> AccessFlags {
    let access = AccessFlags(rawValue: bits).subtracting(.optionalRange)
    guard access.isSubset(of: understood) else { throw .invalidArgument }
    return access
}

private func registered(
    _ domain: UnsafeMutablePointer<ibv_pd>?, _ address: UnsafeMutableRawPointer?, _ length: Int, base: UInt64,
    access bits: UInt32
) -> UnsafeMutablePointer<ibv_mr>? {
    unsafe created(under: domain) { domain, live throws(VerbsErrno) in
        let access = try accessFlags(bits)
        let region = try live.registerMemory(
            address: UInt64(UInt(bitPattern: address)), byteCount: UInt64(UInt(bitPattern: length)),
            ioVirtualAddress: access.contains(.zeroBased) ? 0 : base, access: access)
        let memory = unsafe UnsafeMutablePointer<ibv_mr>.make(holding: region, under: domain)
        unsafe memory.pointee.context = unsafe domain.pointee.context
        unsafe memory.pointee.pd = unsafe domain
        unsafe memory.pointee.addr = unsafe address
        unsafe memory.pointee.length = length
        unsafe memory.pointee.handle = region.key.index
        unsafe memory.pointee.lkey = region.key.rawValue
        unsafe memory.pointee.rkey = region.key.rawValue
        return unsafe memory
    }
}

@c @implementation
public func ibv_reg_mr(
    _ domain: UnsafeMutablePointer<ibv_pd>?, _ address: UnsafeMutableRawPointer?, _ length: Int, _ access: Int32
) -> UnsafeMutablePointer<ibv_mr>? {
    let base = UInt64(UInt(bitPattern: address))
    return unsafe registered(domain, address, length, base: base, access: UInt32(bitPattern: access))
}

@c @implementation
public func ibv_reg_mr_iova(
    _ domain: UnsafeMutablePointer<ibv_pd>?, _ address: UnsafeMutableRawPointer?, _ length: Int, _ base: UInt64,
    _ access: Int32
) -> UnsafeMutablePointer<ibv_mr>? {
    unsafe registered(domain, address, length, base: base, access: UInt32(bitPattern: access))
}

@c @implementation
public func ibv_reg_mr_iova2(
    _ domain: UnsafeMutablePointer<ibv_pd>?, _ address: UnsafeMutableRawPointer?, _ length: Int, _ base: UInt64,
    _ access: UInt32
) -> UnsafeMutablePointer<ibv_mr>? {
    unsafe registered(domain, address, length, base: base, access: access)
}

/// There is no memory of other devices here that a dma-buf could stand for.
@c @implementation
public func ibv_reg_dmabuf_mr(
    _ domain: UnsafeMutablePointer<ibv_pd>?, _ offset: UInt64, _ length: Int, _ base: UInt64, _ descriptor: Int32,
    _ access: Int32
) -> UnsafeMutablePointer<ibv_mr>? {
    setErrno(.notSupported)
    return nil
}

@c @implementation
public func ibv_dereg_mr(_ memory: UnsafeMutablePointer<ibv_mr>?) -> Int32 {
    unsafe performed(on: memory) { memory, live throws(VerbsErrno) in
        try live.deregister()
        unsafe memory.free()
    }
}

/// Contexts are not shared by descriptor, so there is nothing to import from.
@c @implementation
public func ibv_import_mr(_ domain: UnsafeMutablePointer<ibv_pd>?, _ handle: UInt32) -> UnsafeMutablePointer<ibv_mr>? {
    setErrno(.notSupported)
    return nil
}

/// Nothing was ever imported.
@c @implementation
public func ibv_unimport_mr(_ memory: UnsafeMutablePointer<ibv_mr>?) {}

@c @implementation
public func ibv_import_dm(
    _ context: UnsafeMutablePointer<ibv_context>?, _ handle: UInt32
) -> UnsafeMutablePointer<ibv_dm>? {
    setErrno(.notSupported)
    return nil
}

/// Nothing was ever imported.
@c @implementation
public func ibv_unimport_dm(_ memory: UnsafeMutablePointer<ibv_dm>?) {}
