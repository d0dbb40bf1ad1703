// PortQueryTests.swift - the conventions of the queries: lengths written, empty entries, bad indices.

import CVerbs
import Testing
import VerbsABI

private let unwritten: UInt8 = 0xa5

/// Queries port 1 into memory of 64 marked bytes.
private func portBytes(_ query: (UnsafeMutableRawPointer) -> Int32) -> (code: Int32, bytes: [UInt8]) {
    var bytes = [UInt8](repeating: unwritten, count: 64)
    let code = unsafe bytes.withUnsafeMutableBytes { unsafe query($0.baseAddress!) }
    return (code, bytes)
}

@Test func theExportedPortQueryWrites48Bytes() throws {
    let device = try OpenedDevice()
    let (code, bytes) = unsafe portBytes { unsafe ibv_query_port(device.context, 1, OpaquePointer($0)) }
    #expect(code == 0)
    #expect(bytes[47] != unwritten)
    #expect(bytes[48...].allSatisfy { $0 == unwritten })
}

@Test(arguments: [0, 1, 48, 52, 60]) func theSlotWritesWhatItsCallerHas(size: Int) throws {
    let device = try OpenedDevice()
    let extended = unsafe (UnsafeMutableRawPointer(device.context) - 320).assumingMemoryBound(to: verbs_context.self)
    let (code, bytes) = unsafe portBytes {
        unsafe extended.pointee.query_port(device.context, 1, $0.assumingMemoryBound(to: ibv_port_attr.self), size)
    }
    #expect(code == 0)
    #expect(bytes[size...].allSatisfy { $0 == unwritten })
    #expect(bytes[..<size].allSatisfy { $0 != unwritten })
}

@Test func aPortIsUpAndAddressable() throws {
    let device = try OpenedDevice()
    var port = ibv_port_attr()
    #expect(unsafe ___ibv_query_port(device.context, 1, &port) == 0)
    #expect(port.state == IBV_PORT_ACTIVE)
    #expect(port.max_msg_sz == 1 << 31)
    #expect(Int(port.link_layer) == IBV_LINK_LAYER_ETHERNET || Int(port.link_layer) == IBV_LINK_LAYER_INFINIBAND)
    for number: UInt8 in [0, 2, 255] { #expect(unsafe ___ibv_query_port(device.context, number, &port) == EINVAL) }
}

/// The first entry is link-local, in network byte order.
@Test func gidsComeInNetworkOrder() throws {
    let device = try OpenedDevice()
    var gid = ibv_gid()
    #expect(unsafe ibv_query_gid(device.context, 1, 0, &gid) == 0)
    let bytes = unsafe withUnsafeBytes(of: gid) { unsafe [UInt8]($0) }
    #expect(bytes.prefix(8) == [0xfe, 0x80, 0, 0, 0, 0, 0, 0])
    let list = unsafe try #require(unsafe ibv_get_device_list(nil))
    let guid = unsafe ibv_get_device_guid(list[0])
    unsafe ibv_free_device_list(list)
    #expect(unsafe withUnsafeBytes(of: guid) { unsafe [UInt8]($0) }.dropFirst(3) == bytes.dropFirst(11))
}

/// Programs walk the whole table and give up at the first error.
@Test func everyGIDOfTheTableCanBeAskedFor() throws {
    let device = try OpenedDevice()
    var port = ibv_port_attr()
    #expect(unsafe ___ibv_query_port(device.context, 1, &port) == 0)
    var valid: UInt32 = 0
    for index in 0..<port.gid_tbl_len {
        var gid = ibv_gid()
        var entry = ibv_gid_entry()
        var type: UInt32 = 9
        #expect(unsafe ibv_query_gid(device.context, 1, index, &gid) == 0)
        let code = unsafe ibv_query_gid_ex(device.context, 1, UInt32(index), &entry, 0)
        #expect(unsafe queryGIDType(device.context, 1, UInt32(index), &type) == 0)
        let isEmpty = unsafe gid.global.subnet_prefix == 0 && gid.global.interface_id == 0
        #expect(code == (isEmpty ? ENODATA : 0))
        #expect(type <= 1)
        guard !isEmpty else { continue }
        valid += 1
        #expect(entry.gid_index == UInt32(index) && entry.port_num == 1)
        #expect(unsafe entry.gid.global.interface_id == gid.global.interface_id)
        #expect((entry.gid_type == IBV_GID_TYPE_ROCE_V2.rawValue) == (type == 1))
    }
    #expect(valid > 0)
    var table = [ibv_gid_entry](repeating: ibv_gid_entry(), count: Int(port.gid_tbl_len))
    #expect(unsafe ibv_query_gid_table(device.context, &table, table.count, 0) == Int(valid))
    #expect(unsafe ibv_query_gid_table(device.context, &table, Int(valid) - 1, 0) == -Int(EINVAL))
    #expect(unsafe ibv_query_gid_table(device.context, &table, table.count, 1) == -Int(EINVAL))
}

@Test func gidEntriesAreAsLongAsTheCallerSays() throws {
    let device = try OpenedDevice()
    for size in [16, 32, 40] {
        let (code, bytes) = unsafe portBytes {
            unsafe _ibv_query_gid_ex(device.context, 1, 0, $0.assumingMemoryBound(to: ibv_gid_entry.self), 0, size)
        }
        #expect(code == 0)
        #expect(bytes[size...].allSatisfy { $0 == unwritten })
    }
}

@Test func badGIDQueriesFailInTheirOwnWay() throws {
    let device = try OpenedDevice()
    var gid = ibv_gid()
    var entry = ibv_gid_entry()
    for (port, index): (UInt8, Int32) in [(0, 0), (2, 0), (1, -1), (1, 1000)] {
        errorNumber = 0
        #expect(unsafe ibv_query_gid(device.context, port, index, &gid) == -1)
        #expect(errorNumber == EINVAL)
        #expect(unsafe ibv_query_gid_ex(device.context, UInt32(port), UInt32(bitPattern: index), &entry, 0) == EINVAL)
    }
    #expect(unsafe ibv_query_gid_ex(device.context, 257, 0, &entry, 0) == EINVAL)
    #expect(unsafe ibv_query_gid_ex(device.context, 1, 0, &entry, 1) == EINVAL)
    #expect(unsafe _ibv_query_gid_ex(device.context, 1, 0, &entry, 0, 0) == EINVAL)
}

@Test func partitionKeysComeInNetworkOrder() throws {
    let device = try OpenedDevice()
    var key: UInt16 = 0
    #expect(unsafe ibv_query_pkey(device.context, 1, 0, &key) == 0)
    #expect(key == 0xffff)
    errorNumber = 0
    #expect(unsafe ibv_query_pkey(device.context, 1, 1000, &key) == -1)
    #expect(errorNumber == EINVAL)
}

@Test func deviceQueriesAgree() throws {
    let device = try OpenedDevice()
    var plain = ibv_device_attr()
    var extended = ibv_device_attr_ex()
    #expect(unsafe ibv_query_device(device.context, &plain) == 0)
    #expect(unsafe ibv_query_device_ex(device.context, nil, &extended) == 0)
    #expect(extended.orig_attr.max_qp_wr == plain.max_qp_wr)
    #expect(extended.phys_port_cnt_ex == UInt32(plain.phys_port_cnt))
    #expect(plain.max_qp_rd_atom >= 1 && plain.max_qp_rd_atom <= 255)
    #expect(plain.atomic_cap == IBV_ATOMIC_HCA)
    var input = ibv_query_device_ex_input(comp_mask: 1)
    let slot = unsafe (UnsafeMutableRawPointer(device.context) - 320).assumingMemoryBound(to: verbs_context.self)
    #expect(unsafe slot.pointee.query_device_ex(device.context, &input, &extended, 400) == EINVAL)
    #expect(unsafe slot.pointee.query_device_ex(device.context, nil, &extended, 231) == EINVAL)
}
