// MemoryRegionFunctions.swift - registered memory.
//
// Owns: `struct ibv_mr`. Does not: check the rights or the range, or charge it (the device does).
// C counterpart: ibv_reg_mr(3), ibv_reg_mr_iova, ibv_reg_mr_iova2, ibv_reg_dmabuf_mr, ibv_rereg_mr, ibv_dereg_mr,
// ibv_import_mr(3), ibv_unimport_mr, ibv_reg_dm_mr(3), ibv_advise_mr(3).

import CVerbs
import Device
import Verbs

extension ibv_mr: @unsafe VerbsObject {
    typealias Live = MemoryRegion
}

/// Slot of the context's table.
@c(verbena_reg_dm_mr)
func registerDeviceMemory(
    _ domain: UnsafeMutablePointer<ibv_pd>?, _ memory: UnsafeMutablePointer<ibv_dm>?, _ offset: UInt64, _ length: Int,
    _ access: UInt32
) -> UnsafeMutablePointer<ibv_mr>? {
    unsafe created(under: domain) { domain, live throws(VerbsErrno) in
        let region = unsafe try live.registerDeviceMemory(
            checked(memory).live, offset: offset, byteCount: UInt64(UInt(bitPattern: length)),
            access: AccessFlags(rawValue: access))
        let registration = unsafe UnsafeMutablePointer<ibv_mr>.make(holding: region, under: domain)
        unsafe registration.pointee.context = unsafe domain.pointee.context
        unsafe registration.show(region, under: domain)
        return unsafe registration
    }
}

/// Slot of the context's table: memory that discards what is written and reads as zeroes. Its remote key is none.
@c(verbena_alloc_null_mr)
func allocateNullRegion(_ domain: UnsafeMutablePointer<ibv_pd>?) -> UnsafeMutablePointer<ibv_mr>? {
    unsafe created(under: domain) { domain, live throws(VerbsErrno) in
        let region = try live.allocateNullRegion()
        let registration = unsafe UnsafeMutablePointer<ibv_mr>.make(holding: region, under: domain)
        unsafe registration.pointee.context = unsafe domain.pointee.context
        unsafe registration.show(region, under: domain)
        return unsafe registration
    }
}

/// Slot of the context's table. FLUSH asks to wait until the pages are there, which is always done.
@c(verbena_advise_mr)
func adviseMemory(
    _ domain: UnsafeMutablePointer<ibv_pd>?, _ advice: ib_uverbs_advise_mr_advice, _ flags: UInt32,
    _ list: UnsafeMutablePointer<ibv_sge>?, _ count: UInt32
) -> Int32 {
    unsafe performed(on: domain) { _, live throws(VerbsErrno) in
        guard let advice = MemoryAdvice(rawValue: advice.rawValue) else { throw .notSupported }
        guard flags & ~IB_UVERBS_ADVISE_MR_FLAG_FLUSH.rawValue == 0, let list = unsafe list else { throw .invalidArgument }
        let elements = unsafe UnsafeRawPointer(list).assumingMemoryBound(to: ScatterGatherElement.self)
        try live.advise(advice, unsafe Array(UnsafeBufferPointer(start: elements, count: Int(count))))
    }
}

private func registered(
    under domain: UnsafeMutablePointer<ibv_pd>?, _ address: UnsafeMutableRawPointer?, _ length: Int, base: UInt64,
    access bits: UInt32
) -> UnsafeMutablePointer<ibv_mr>? {
    unsafe created(under: domain) { domain, live throws(VerbsErrno) in
        let access = AccessFlags(rawValue: bits)
        let region = try live.registerMemory(
            address: UInt64(UInt(bitPattern: address)), byteCount: UInt64(UInt(bitPattern: length)),
            ioVirtualAddress: access.contains(.zeroBased) ? 0 : base, access: access)
        let memory = unsafe UnsafeMutablePointer<ibv_mr>.make(holding: region, under: domain)
        unsafe memory.pointee.context = unsafe domain.pointee.context
        unsafe memory.show(region, under: domain)
        return unsafe memory
    }
}

extension UnsafeMutablePointer where Pointee == ibv_mr {
    fileprivate func show(_ region: MemoryRegion, under domain: UnsafeMutablePointer<ibv_pd>) {
        let key = region.key
        unsafe pointee.pd = unsafe domain
        unsafe pointee.addr = UnsafeMutableRawPointer(bitPattern: UInt(region.address))
        unsafe pointee.length = Int(truncatingIfNeeded: region.byteCount)
        unsafe pointee.handle = key.index
        unsafe pointee.lkey = key.rawValue
        unsafe pointee.rkey = region.isNull ? 0 : key.rawValue
    }
}

@c @implementation
public func ibv_reg_mr(
    _ domain: UnsafeMutablePointer<ibv_pd>?, _ address: UnsafeMutableRawPointer?, _ length: Int, _ access: Int32
) -> UnsafeMutablePointer<ibv_mr>? {
    let base = UInt64(UInt(bitPattern: address))
    return unsafe registered(under: domain, address, length, base: base, access: UInt32(bitPattern: access))
}

@c @implementation
public func ibv_reg_mr_iova(
    _ domain: UnsafeMutablePointer<ibv_pd>?, _ address: UnsafeMutableRawPointer?, _ length: Int, _ base: UInt64,
    _ access: Int32
) -> UnsafeMutablePointer<ibv_mr>? {
    unsafe registered(under: domain, address, length, base: base, access: UInt32(bitPattern: access))
}

@c @implementation
public func ibv_reg_mr_iova2(
    _ domain: UnsafeMutablePointer<ibv_pd>?, _ address: UnsafeMutableRawPointer?, _ length: Int, _ base: UInt64,
    _ access: UInt32
) -> UnsafeMutablePointer<ibv_mr>? {
    unsafe registered(under: domain, address, length, base: base, access: access)
}

/// Also of a descriptor that is no dma-buf, if it can be mapped.
@c @implementation
public func ibv_reg_dmabuf_mr(
    _ domain: UnsafeMutablePointer<ibv_pd>?, _ offset: UInt64, _ length: Int, _ base: UInt64, _ descriptor: Int32,
    _ access: Int32
) -> UnsafeMutablePointer<ibv_mr>? {
    unsafe created(under: domain) { domain, live throws(VerbsErrno) in
        let region = try live.registerDescriptor(
            descriptor, offset: offset, byteCount: UInt64(UInt(bitPattern: length)), ioVirtualAddress: base,
            access: AccessFlags(rawValue: UInt32(bitPattern: access)))
        let registration = unsafe UnsafeMutablePointer<ibv_mr>.make(holding: region, under: domain)
        unsafe registration.pointee.context = unsafe domain.pointee.context
        unsafe registration.show(region, under: domain)
        return unsafe registration
    }
}

@c @implementation
public func ibv_dereg_mr(_ memory: UnsafeMutablePointer<ibv_mr>?) -> Int32 {
    unsafe performed(on: memory) { memory, live throws(VerbsErrno) in
        try live.deregister()
        unsafe memory.free()
    }
}

/// The region stays valid whatever fails, also where IBV_REREG_MR_ERR_CMD allows less: errno says why.
@c @implementation
public func ibv_rereg_mr(
    _ memory: UnsafeMutablePointer<ibv_mr>?, _ flags: Int32, _ domain: UnsafeMutablePointer<ibv_pd>?,
    _ address: UnsafeMutableRawPointer?, _ length: Int, _ access: Int32
) -> Int32 {
    let change = MemoryReregistrationFlags(rawValue: UInt32(bitPattern: flags))
    // What the library itself refuses, and what the device does, are told apart.
    var failure = IBV_REREG_MR_ERR_INPUT
    let code = unsafe performed(on: memory) { memory, live throws(VerbsErrno) in
        guard !live.isNull, change.isSubset(of: .known), change.contains(.access) || access == 0,
            unsafe !change.contains(.translation) || (address != nil && length != 0)
        else { throw .invalidArgument }
        failure = IBV_REREG_MR_ERR_CMD
        let parent = unsafe change.contains(.protectionDomain) ? try checked(domain) : memory.pointee.pd
        try live.reregister(
            change, domain: unsafe parent?.live, address: UInt64(UInt(bitPattern: address)),
            byteCount: UInt64(UInt(bitPattern: length)), access: AccessFlags(rawValue: UInt32(bitPattern: access)))
        if let parent = unsafe parent { unsafe memory.show(live, under: parent) }
    }
    return code == 0 ? 0 : failure.rawValue
}

/// Its address is the owner's, and NULL here; requests name it by that address all the same.
@c @implementation
public func ibv_import_mr(_ domain: UnsafeMutablePointer<ibv_pd>?, _ handle: UInt32) -> UnsafeMutablePointer<ibv_mr>? {
    unsafe created(under: domain) { domain, live throws(VerbsErrno) in
        let region = try live.importRegion(handle: handle)
        let memory = unsafe UnsafeMutablePointer<ibv_mr>.make(holding: region, under: domain)
        unsafe memory.pointee.context = unsafe domain.pointee.context
        unsafe memory.show(region, under: domain)
        unsafe memory.pointee.handle = handle
        return unsafe memory
    }
}

/// A region that windows are bound to stays until they are gone.
@c @implementation
public func ibv_unimport_mr(_ memory: UnsafeMutablePointer<ibv_mr>?) {
    _ = unsafe performed(on: memory) { memory, live throws(VerbsErrno) in
        try live.deregister()
        unsafe memory.free()
    }
}
