// DeviceListFunctions.swift - which devices there are.
//
// Owns: one immortal `struct ibv_device` per device, at the same address in every list: librdmacm and UCX compare the
// addresses, and contexts keep theirs after the list is freed. Does not: know how many devices there are
// (`DeviceCatalogue`).
// C counterpart: ibv_get_device_list(3), ibv_free_device_list, ibv_get_device_name, _index, _guid.
// Locking: none. The table is published once by compare-and-exchange; no lock, so that a forked child finds none held.

import CVerbs
import Device
import Synchronization
import Verbs

extension ibv_device: @unsafe VerbsObject {
    typealias Live = CataloguedDevice

    /// Drivers of real devices read the word at 664, behind the public struct, of every device to recognise their own.
    /// It is zero here.
    static var publicBytes: Int { 712 }

    static var survivesFork: Bool { true }
}

/// The address of a nil-terminated array of devices; 0 before the first call.
private let table = Atomic<UInt>(0)

private typealias DeviceArray = UnsafeMutablePointer<UnsafeMutablePointer<ibv_device>?>

private func devices() -> DeviceArray {
    if let array = unsafe DeviceArray(bitPattern: table.load(ordering: .acquiring)) { return unsafe array }
    let array = unsafe arrayOfDevices(DeviceCatalogue.devices())
    let (exchanged, first) = table.compareExchange(
        expected: 0, desired: UInt(bitPattern: array), ordering: .acquiringAndReleasing)
    if exchanged { return unsafe array }
    unsafe free(array)
    // A published address is never zero.
    return unsafe DeviceArray(bitPattern: first).unsafelyUnwrapped
}

private func arrayOfDevices(_ descriptions: [DeviceDescription]) -> DeviceArray {
    let array = DeviceArray.allocate(capacity: descriptions.count + 1)
    for (index, description) in descriptions.enumerated() {
        unsafe (array + index).initialize(to: describedDevice(description))
    }
    unsafe (array + descriptions.count).initialize(to: nil)
    return unsafe array
}

private func free(_ array: DeviceArray) {
    var next = unsafe array
    while let device = unsafe next.pointee {
        unsafe device.free()
        unsafe next += 1
    }
    unsafe array.deallocate()
}

private func describedDevice(_ description: DeviceDescription) -> UnsafeMutablePointer<ibv_device> {
    let device = unsafe UnsafeMutablePointer<ibv_device>.make(holding: CataloguedDevice(description), owner: nil)
    unsafe device.pointee.node_type = IBV_NODE_CA
    unsafe device.pointee.transport_type = IBV_TRANSPORT_IB
    unsafe put(description.name, into: &device.pointee.name)
    unsafe put(description.characterDeviceName, into: &device.pointee.dev_name)
    unsafe put("/sys/class/infiniband_verbs/" + description.characterDeviceName, into: &device.pointee.dev_path)
    unsafe put("/sys/class/infiniband/" + description.name, into: &device.pointee.ibdev_path)
    return unsafe device
}

/// Writes `text` into an array of characters that is all zero, cut off so that its last byte stays zero.
func put<Array>(_ text: String, into array: inout Array) {
    unsafe withUnsafeMutableBytes(of: &array) { bytes in
        for (index, byte) in text.utf8.prefix(bytes.count - 1).enumerated() { unsafe bytes[index] = byte }
    }
}

/// The device at a place of the list; nil when there are not so many.
func listedDevice(_ index: Int) -> UnsafeMutablePointer<ibv_device>? {
    var next = unsafe devices()
    for _ in 0..<index where unsafe next.pointee != nil { unsafe next += 1 }
    return unsafe next.pointee
}

@c @implementation
public func ibv_get_device_list(
    _ count: UnsafeMutablePointer<Int32>?
) -> UnsafeMutablePointer<UnsafeMutablePointer<ibv_device>?>? {
    let before = unsafe __errno_location().pointee
    let all = unsafe devices()
    var number = 0
    while unsafe all[number] != nil { number += 1 }
    let list = DeviceArray.allocate(capacity: number + 1)
    unsafe list.initialize(from: all, count: number + 1)
    unsafe count?.pointee = Int32(truncatingIfNeeded: number)
    unsafe __errno_location().pointee = before
    return unsafe list
}

@c @implementation
public func ibv_free_device_list(_ list: UnsafeMutablePointer<UnsafeMutablePointer<ibv_device>?>?) {
    unsafe list?.deallocate()
}

@c @implementation
public func ibv_get_device_name(_ device: UnsafeMutablePointer<ibv_device>?) -> UnsafePointer<CChar>? {
    guard let device = unsafe device else { return nil }
    // The name is the first member of an array of characters: its address is the string's.
    let name = unsafe device.pointer(to: \.name).unsafelyUnwrapped
    return unsafe UnsafeRawPointer(name).assumingMemoryBound(to: CChar.self)
}

@c @implementation
public func ibv_get_device_index(_ device: UnsafeMutablePointer<ibv_device>?) -> Int32 {
    guard let device = unsafe device else { return -1 }
    return unsafe Int32(truncatingIfNeeded: device.live.description.index)
}

@c @implementation
public func ibv_get_device_guid(_ device: UnsafeMutablePointer<ibv_device>?) -> UInt64 {
    guard let device = unsafe device else { return 0 }
    return unsafe device.live.description.nodeGUID.bigEndian
}
