// DeviceMemoryFunctions.swift - memory of the device itself.
//
// Owns: `struct ibv_dm` and the two copies in it. Does not: register it (`MemoryRegionFunctions.swift`).
// C counterpart: ibv_alloc_dm(3), ibv_free_dm, ibv_memcpy_to_dm, ibv_memcpy_from_dm, ibv_import_dm(3), ibv_unimport_dm.

import CVerbs
import Device
import Verbs

extension ibv_dm: @unsafe VerbsObject {
    typealias Live = DeviceMemory
}

/// Slot of the context's table.
@c(verbena_alloc_dm)
func allocateDeviceMemory(
    _ context: UnsafeMutablePointer<ibv_context>?, _ attributes: UnsafeMutablePointer<ibv_alloc_dm_attr>?
) -> UnsafeMutablePointer<ibv_dm>? {
    unsafe created(under: context) { context, device throws(VerbsErrno) in
        guard let attributes = unsafe attributes?.pointee, attributes.comp_mask == 0 else { throw .invalidArgument }
        let live = try device.allocateDeviceMemory(
            byteCount: UInt64(UInt(bitPattern: attributes.length)), alignmentShift: attributes.log_align_req)
        return unsafe publicMemory(of: live, in: context)
    }
}

private func publicMemory(
    of live: DeviceMemory, in context: UnsafeMutablePointer<ibv_context>
) -> UnsafeMutablePointer<ibv_dm> {
    let memory = unsafe UnsafeMutablePointer<ibv_dm>.make(holding: live, under: context)
    unsafe memory.pointee.context = unsafe context
    unsafe memory.pointee.handle = live.handle
    unsafe memory.pointee.memcpy_to_dm = copyToDeviceMemory
    unsafe memory.pointee.memcpy_from_dm = copyFromDeviceMemory
    return unsafe memory
}

/// Slot of the context's table.
@c(verbena_free_dm)
func freeDeviceMemory(_ memory: UnsafeMutablePointer<ibv_dm>?) -> Int32 {
    unsafe performed(on: memory) { memory, live throws(VerbsErrno) in
        try live.free()
        unsafe memory.free()
    }
}

@c(verbena_memcpy_to_dm)
func copyToDeviceMemory(
    _ memory: UnsafeMutablePointer<ibv_dm>?, _ offset: UInt64, _ source: UnsafeRawPointer?, _ length: Int
) -> Int32 {
    unsafe performed(on: memory) { _, live throws(VerbsErrno) in
        try live.copy(
            from: UInt64(UInt(bitPattern: source)), toOffset: offset, byteCount: UInt64(UInt(bitPattern: length)))
    }
}

@c(verbena_memcpy_from_dm)
func copyFromDeviceMemory(
    _ destination: UnsafeMutableRawPointer?, _ memory: UnsafeMutablePointer<ibv_dm>?, _ offset: UInt64, _ length: Int
) -> Int32 {
    unsafe performed(on: memory) { _, live throws(VerbsErrno) in
        try live.copy(
            fromOffset: offset, to: UInt64(UInt(bitPattern: destination)), byteCount: UInt64(UInt(bitPattern: length)))
    }
}

@c @implementation
public func ibv_import_dm(
    _ context: UnsafeMutablePointer<ibv_context>?, _ handle: UInt32
) -> UnsafeMutablePointer<ibv_dm>? {
    unsafe created(under: context) { context, device throws(VerbsErrno) in
        unsafe publicMemory(of: try device.importDeviceMemory(handle: handle), in: context)
    }
}

@c @implementation
public func ibv_unimport_dm(_ memory: UnsafeMutablePointer<ibv_dm>?) {
    _ = unsafe performed(on: memory) { memory, live in
        live.endImport()
        unsafe memory.free()
    }
}
