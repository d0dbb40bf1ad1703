// ContextFunctions.swift - opening and closing a device.
//
// Owns: `struct ibv_context`, at the end of a `struct verbs_context` of the size that its `sz` member tells: a program
// compiled with a newer, larger one sees from `sz` which members are not there. Does not: fill the tables of functions
// (`ContextTables.swift`).
// C counterpart: ibv_open_device(3), ibv_close_device, ibv_import_device.
// Locking: the context's mutex is initialised here; see `CompletionChannelFunctions.swift` for what it guards.

import CVerbs
import Device
import Verbs

extension ibv_context: @unsafe VerbsObject {
    typealias Live = DeviceContext

    /// The tables grow upwards: everything before the public context belongs to the enclosing struct.
    static var bytesBefore: Int { unsafe MemoryLayout<verbs_context>.size - MemoryLayout<ibv_context>.size }
}

extension UnsafeMutablePointer where Pointee == ibv_context {
    /// The struct that encloses this context.
    var extended: UnsafeMutablePointer<verbs_context> {
        unsafe (UnsafeMutableRawPointer(self) - ibv_context.bytesBefore).assumingMemoryBound(to: verbs_context.self)
    }
}

@c @implementation
public func ibv_open_device(_ device: UnsafeMutablePointer<ibv_device>?) -> UnsafeMutablePointer<ibv_context>? {
    unsafe created(under: device) { device, catalogued throws(VerbsErrno) in
        unsafe publicContext(of: try DeviceContext.open(catalogued.description), on: device)
    }
}

private func publicContext(
    of live: DeviceContext, on device: UnsafeMutablePointer<ibv_device>
) -> UnsafeMutablePointer<ibv_context> {
    let context = unsafe UnsafeMutablePointer<ibv_context>.make(holding: live, owner: live.process.owner)
    unsafe fillTables(of: context.extended)
    unsafe context.pointee.device = unsafe device
    unsafe context.pointee.cmd_fd = live.commandDescriptor
    unsafe context.pointee.async_fd = live.asyncDescriptor
    unsafe context.pointee.num_comp_vectors = Int32(live.limits.completionVectors)
    unsafe pthread_mutex_init(context.pointer(to: \.mutex).unsafelyUnwrapped, nil)
    // __VERBS_ABI_IS_EXTENDED: tells the inline functions that a verbs_context stands before this.
    unsafe context.pointee.abi_compat = UnsafeMutableRawPointer(bitPattern: UInt.max)
    return unsafe context
}

@c @implementation
public func ibv_close_device(_ context: UnsafeMutablePointer<ibv_context>?) -> Int32 {
    unsafe fetched(from: context) { context, live throws(VerbsErrno) in
        try live.close()
        unsafe pthread_mutex_destroy(context.pointer(to: \.mutex).unsafelyUnwrapped)
        unsafe context.free()
    }
}

/// The descriptor is the context's from now on, and closed with it, unless this fails.
@c @implementation
public func ibv_import_device(_ descriptor: Int32) -> UnsafeMutablePointer<ibv_context>? {
    let before = unsafe __errno_location().pointee
    do throws(VerbsErrno) {
        let live = try DeviceContext.imported(descriptor: descriptor)
        guard let device = unsafe listedDevice(live.description.index) else { throw .noSuchDevice }
        unsafe __errno_location().pointee = before
        return unsafe publicContext(of: live, on: device)
    } catch {
        setErrno(error)
        return nil
    }
}
