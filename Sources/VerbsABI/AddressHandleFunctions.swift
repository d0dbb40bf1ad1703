// AddressHandleFunctions.swift - where a datagram goes.
//
// Owns: `struct ibv_ah`, and the conversion between `struct ibv_ah_attr` and `AddressVector` (queue pairs use it too).
// C counterpart: ibv_create_ah(3), ibv_destroy_ah. ibv_create_ah_from_wc stays the real library's: it calls these.

import CVerbs
import Device
import Verbs

extension ibv_ah: @unsafe VerbsObject {
    typealias Live = AddressHandle
}

extension GlobalIdentifier {
    init(_ gid: ibv_gid) {
        unsafe self.init(
            subnetPrefix: UInt64(bigEndian: gid.global.subnet_prefix),
            interfaceID: UInt64(bigEndian: gid.global.interface_id))
    }

    var c: ibv_gid {
        var gid = ibv_gid()
        unsafe gid.global.subnet_prefix = subnetPrefix.bigEndian
        unsafe gid.global.interface_id = interfaceID.bigEndian
        return gid
    }
}

extension AddressVector {
    init(_ attributes: ibv_ah_attr) {
        self.init()
        destination = GlobalIdentifier(attributes.grh.dgid)
        flowLabel = attributes.grh.flow_label
        sourceGIDIndex = attributes.grh.sgid_index
        hopLimit = attributes.grh.hop_limit
        trafficClass = attributes.grh.traffic_class
        destinationLocalIdentifier = attributes.dlid
        serviceLevel = attributes.sl
        sourcePathBits = attributes.src_path_bits
        staticRate = attributes.static_rate
        isGlobal = attributes.is_global != 0
        portNumber = attributes.port_num
    }

    var c: ibv_ah_attr {
        var attributes = ibv_ah_attr()
        attributes.grh.dgid = destination.c
        attributes.grh.flow_label = flowLabel
        attributes.grh.sgid_index = sourceGIDIndex
        attributes.grh.hop_limit = hopLimit
        attributes.grh.traffic_class = trafficClass
        attributes.dlid = destinationLocalIdentifier
        attributes.sl = serviceLevel
        attributes.src_path_bits = sourcePathBits
        attributes.static_rate = staticRate
        attributes.is_global = isGlobal ? 1 : 0
        attributes.port_num = portNumber
        return attributes
    }
}

@c @implementation
public func ibv_create_ah(
    _ domain: UnsafeMutablePointer<ibv_pd>?, _ attributes: UnsafeMutablePointer<ibv_ah_attr>?
) -> UnsafeMutablePointer<ibv_ah>? {
    unsafe created(under: domain) { domain, live throws(VerbsErrno) in
        guard let attributes = unsafe attributes else { throw .invalidArgument }
        let handle = unsafe try live.createAddressHandle(AddressVector(attributes.pointee))
        let address = unsafe UnsafeMutablePointer<ibv_ah>.make(holding: handle, under: domain)
        unsafe address.pointee.context = unsafe domain.pointee.context
        unsafe address.pointee.pd = unsafe domain
        return unsafe address
    }
}

@c @implementation
public func ibv_destroy_ah(_ address: UnsafeMutablePointer<ibv_ah>?) -> Int32 {
    unsafe performed(on: address) { address, live throws(VerbsErrno) in
        try live.destroy()
        unsafe address.free()
    }
}
