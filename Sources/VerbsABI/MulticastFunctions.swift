// MulticastFunctions.swift - multicast groups.
//
// Does not: check, or deliver (the device does).
// C counterpart: ibv_attach_mcast(3), ibv_detach_mcast.

import CVerbs
import Device
import Verbs

@c @implementation
public func ibv_attach_mcast(
    _ pair: UnsafeMutablePointer<ibv_qp>?, _ group: UnsafePointer<ibv_gid>?, _ localIdentifier: UInt16
) -> Int32 {
    unsafe performed(on: pair) { _, live throws(VerbsErrno) in
        guard let group = unsafe group?.pointee else { throw .invalidArgument }
        try live.attach(to: GlobalIdentifier(group), localIdentifier: localIdentifier)
    }
}

@c @implementation
public func ibv_detach_mcast(
    _ pair: UnsafeMutablePointer<ibv_qp>?, _ group: UnsafePointer<ibv_gid>?, _ localIdentifier: UInt16
) -> Int32 {
    unsafe performed(on: pair) { _, live throws(VerbsErrno) in
        guard let group = unsafe group?.pointee else { throw .invalidArgument }
        try live.detach(from: GlobalIdentifier(group), localIdentifier: localIdentifier)
    }
}
