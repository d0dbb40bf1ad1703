// MulticastFunctions.swift - multicast groups: not served yet.
//
// C counterpart: ibv_attach_mcast(3), ibv_detach_mcast.

import CVerbs
import Verbs

@c @implementation
public func ibv_attach_mcast(
    _ pair: UnsafeMutablePointer<ibv_qp>?, _ group: UnsafePointer<ibv_gid>?, _ localIdentifier: UInt16
) -> Int32 {
    unsafe performed(on: pair) { _, _ throws(VerbsErrno) in throw .notSupported }
}

@c @implementation
public func ibv_detach_mcast(
    _ pair: UnsafeMutablePointer<ibv_qp>?, _ group: UnsafePointer<ibv_gid>?, _ localIdentifier: UInt16
) -> Int32 {
    unsafe performed(on: pair) { _, _ throws(VerbsErrno) in throw .notSupported }
}
