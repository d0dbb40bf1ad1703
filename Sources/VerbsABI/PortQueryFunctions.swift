// PortQueryFunctions.swift - a port, its GIDs and its partition keys.
//
// Owns: the conversions, and the two lengths of `struct ibv_port_attr`: the exported function writes the 48 bytes that
// it always had, the slot of the context as many as its caller has.
// C counterpart: ibv_query_port(3), ibv_query_gid(3), ibv_query_gid_ex(3), ibv_query_gid_table(3), ibv_query_pkey(3),
// ibv_query_gid_type (private to the library's own tools).

import CVerbs
import Device
import Verbs

/// What `struct ibv_port_attr` was before `port_cap_flags2`.
private let originalPortBytes = 48

@c @implementation
public func ibv_query_port(
    _ context: UnsafeMutablePointer<ibv_context>?, _ number: UInt8, _ attributes: OpaquePointer?
) -> Int32 {
    unsafe queryPort(context, number, UnsafeMutableRawPointer(attributes), size: originalPortBytes)
}

/// Slot of the context's table.
@c(verbena_query_port)
func queryPortExtended(
    _ context: UnsafeMutablePointer<ibv_context>?, _ number: UInt8, _ attributes: UnsafeMutablePointer<ibv_port_attr>?,
    _ size: Int
) -> Int32 {
    unsafe queryPort(context, number, UnsafeMutableRawPointer(attributes), size: size)
}

private func queryPort(
    _ context: UnsafeMutablePointer<ibv_context>?, _ number: UInt8, _ attributes: UnsafeMutableRawPointer?, size: Int
) -> Int32 {
    unsafe performed(on: context) { _, live throws(VerbsErrno) in
        guard let attributes = unsafe attributes else { throw .invalidArgument }
        unsafe copy(try live.queryPort(number).c, to: attributes, size: size)
    }
}

/// An index within the table that holds nothing is a success with a GID of zeroes: programs walk the whole table.
@c @implementation
public func ibv_query_gid(
    _ context: UnsafeMutablePointer<ibv_context>?, _ port: UInt8, _ index: Int32, _ gid: UnsafeMutablePointer<ibv_gid>?
) -> Int32 {
    unsafe fetched(from: context) { _, live throws(VerbsErrno) in
        guard let gid = unsafe gid else { throw .invalidArgument }
        unsafe gid.pointee = (try live.queryGID(port: port, index: Int(index))?.gid ?? .zero).c
    }
}

/// An empty index is ENODATA here.
@c @implementation
public func _ibv_query_gid_ex(
    _ context: UnsafeMutablePointer<ibv_context>?, _ port: UInt32, _ index: UInt32,
    _ entry: UnsafeMutablePointer<ibv_gid_entry>?, _ flags: UInt32, _ entrySize: Int
) -> Int32 {
    unsafe performed(on: context) { _, live throws(VerbsErrno) in
        guard let entry = unsafe entry, let number = UInt8(exactly: port), flags == 0, entrySize > 0 else {
            throw .invalidArgument
        }
        guard let found = try live.queryGID(port: number, index: Int(index)) else { throw .noData }
        let converted = found.entry(port: port, index: index)
        unsafe copy(converted, to: UnsafeMutableRawPointer(entry), size: entrySize)
    }
}

/// The number of entries written, `entrySize` bytes apart, or a negative errno.
@c @implementation
public func _ibv_query_gid_table(
    _ context: UnsafeMutablePointer<ibv_context>?, _ entries: UnsafeMutablePointer<ibv_gid_entry>?, _ limit: Int,
    _ flags: UInt32, _ entrySize: Int
) -> Int {
    var count = 0
    let code = unsafe performed(on: context) { _, live throws(VerbsErrno) in
        guard let entries = unsafe entries, flags == 0, entrySize > 0 else { throw .invalidArgument }
        let all = try validEntries(live)
        guard all.count <= limit else { throw .invalidArgument }
        for entry in all {
            unsafe copy(entry, to: UnsafeMutableRawPointer(entries) + count * entrySize, size: entrySize)
            count += 1
        }
    }
    return code == 0 ? count : -Int(code)
}

private func validEntries(_ live: DeviceContext) throws(VerbsErrno) -> [ibv_gid_entry] {
    var all: [ibv_gid_entry] = []
    for port in 1...UInt32(live.limits.portCount) {
        let number = UInt8(truncatingIfNeeded: port)
        for index in 0..<UInt32(try live.queryPort(number).gidTableLength) {
            guard let found = try live.queryGID(port: number, index: Int(index)) else { continue }
            all.append(found.entry(port: port, index: index))
        }
    }
    return all
}

/// 0: InfiniBand or RoCE v1; 1: RoCE v2. An empty index counts as the former. Declared in no public header.
@c(ibv_query_gid_type)
public func queryGIDType(
    _ context: UnsafeMutablePointer<ibv_context>?, _ port: UInt8, _ index: UInt32, _ type: UnsafeMutablePointer<UInt32>?
) -> Int32 {
    unsafe fetched(from: context) { _, live throws(VerbsErrno) in
        guard let type = unsafe type else { throw .invalidArgument }
        let found = try live.queryGID(port: port, index: Int(index))
        unsafe type.pointee = found?.kind == .roceV2 ? 1 : 0
    }
}

/// The key comes in network byte order.
@c @implementation
public func ibv_query_pkey(
    _ context: UnsafeMutablePointer<ibv_context>?, _ port: UInt8, _ index: Int32, _ key: UnsafeMutablePointer<UInt16>?
) -> Int32 {
    unsafe fetched(from: context) { _, live throws(VerbsErrno) in
        guard let key = unsafe key else { throw .invalidArgument }
        unsafe key.pointee = try live.queryPartitionKey(port: port, index: Int(index)).bigEndian
    }
}

extension GIDEntry {
    func entry(port: UInt32, index: UInt32) -> ibv_gid_entry {
        ibv_gid_entry(
            gid: gid.c, gid_index: index, port_num: port, gid_type: kind.rawValue, ndev_ifindex: interfaceIndex)
    }
}
