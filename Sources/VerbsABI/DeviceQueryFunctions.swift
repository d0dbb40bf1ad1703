// DeviceQueryFunctions.swift - what a device can do.
//
// Owns: the three functions and the lengths they write. Does not: convert (`DeviceConversion.swift`).
// C counterpart: ibv_query_device(3), ibv_query_device_ex(3), ibv_query_rt_values_ex(3).

import CVerbs
import Device
import Verbs

@c @implementation
public func ibv_query_device(
    _ context: UnsafeMutablePointer<ibv_context>?, _ attributes: UnsafeMutablePointer<ibv_device_attr>?
) -> Int32 {
    unsafe performed(on: context) { _, live throws(VerbsErrno) in
        guard let attributes = unsafe attributes else { throw .invalidArgument }
        unsafe attributes.pointee = live.attributes
    }
}

/// Slot of the context's table. `size` is what the caller's struct has: no byte is written beyond it.
@c(verbena_query_device_ex)
func queryDeviceExtended(
    _ context: UnsafeMutablePointer<ibv_context>?, _ input: UnsafePointer<ibv_query_device_ex_input>?,
    _ attributes: UnsafeMutablePointer<ibv_device_attr_ex>?, _ size: Int
) -> Int32 {
    unsafe performed(on: context) { _, live throws(VerbsErrno) in
        guard let attributes = unsafe attributes, unsafe input?.pointee.comp_mask ?? 0 == 0,
            size >= MemoryLayout<ibv_device_attr>.size
        else { throw .invalidArgument }
        unsafe copy(live.extendedAttributes, to: UnsafeMutableRawPointer(attributes), size: size)
    }
}

/// Slot of the context's table. What is not known is not answered: the mask says what was.
@c(verbena_query_rt_values)
func queryRealTimeValues(
    _ context: UnsafeMutablePointer<ibv_context>?, _ values: UnsafeMutablePointer<ibv_values_ex>?
) -> Int32 {
    unsafe performed(on: context) { _, live throws(VerbsErrno) in
        guard let values = unsafe values else { throw .invalidArgument }
        unsafe values.pointee.comp_mask &= IBV_VALUES_MASK_RAW_CLOCK.rawValue
        guard unsafe values.pointee.comp_mask != 0 else { return }
        // Ticks of the clock that stamps completions, all in the one member, as adapters have it.
        unsafe values.pointee.raw_clock = timespec(tv_sec: 0, tv_nsec: Int(truncatingIfNeeded: live.clock))
    }
}

/// Copies as much of `value`, a plain C struct, as the caller's struct can hold, and zeroes what it has beyond.
func copy<Value>(_ value: Value, to place: UnsafeMutableRawPointer, size: Int) {
    unsafe withUnsafeBytes(of: value) { bytes in
        let known = min(bytes.count, size)
        unsafe place.copyMemory(from: bytes.baseAddress.unsafelyUnwrapped, byteCount: known)
        if size > known { unsafe (place + known).initializeMemory(as: UInt8.self, repeating: 0, count: size - known) }
    }
}
