// DeviceListTests.swift - lists of devices, and what a device says before it is opened.

import CVerbs
import Testing

@Test func listsShareTheirDevices() throws {
    var count: Int32 = -1
    let first = unsafe try #require(unsafe ibv_get_device_list(&count))
    let second = unsafe try #require(unsafe ibv_get_device_list(nil))
    try #require(count > 0)
    #expect(unsafe first[Int(count)] == nil)
    for index in 0...Int(count) { #expect(unsafe first[index] == second[index]) }
    #expect(unsafe first != second)
    unsafe ibv_free_device_list(first)
    unsafe ibv_free_device_list(second)
    ibv_free_device_list(nil)
}

@Test func aDeviceTellsItsNames() throws {
    let list = unsafe try #require(unsafe ibv_get_device_list(nil))
    let device = unsafe try #require(unsafe list[0])
    unsafe ibv_free_device_list(list)
    #expect(unsafe String(cString: ibv_get_device_name(device)) == "verbena0")
    #expect(unsafe text(device.pointee.dev_name) == "uverbs0")
    #expect(unsafe text(device.pointee.ibdev_path) == "/sys/class/infiniband/verbena0")
    #expect(unsafe ibv_get_device_index(device) == 0)
    #expect(unsafe ibv_get_device_guid(device) != 0)
    #expect(unsafe device.pointee.node_type == IBV_NODE_CA)
    #expect(unsafe device.pointee.transport_type == IBV_TRANSPORT_IB)
    // Drivers of real devices compare the word behind the public struct with their own operations.
    #expect(unsafe UnsafeRawPointer(device).load(fromByteOffset: 664, as: UInt64.self) == 0)
}

private func text<Array>(_ array: Array) -> String {
    unsafe withUnsafeBytes(of: array) { unsafe String(decoding: unsafe $0.prefix { $0 != 0 }, as: UTF8.self) }
}

@Test func deviceFunctionsTolerateNull() {
    #expect(unsafe ibv_get_device_name(nil) == nil)
    #expect(ibv_get_device_index(nil) == -1)
    #expect(ibv_get_device_guid(nil) == 0)
}
