// DatagramDestination.swift - what of an address handle a datagram needs while it is executed.
//
// Owns: plain values, so that a request may outlive the post that brought it.

import Verbs

/// The resolved path of a datagram.
struct DatagramDestination {
    /// Of the address handle; it must be the queue pair's.
    let protectionDomain: ProtectionDomainNumber
    /// Index of the device that the path leads to; nil: none of this fabric.
    let device: UInt32?
    let source: GlobalIdentifier
    let destination: GlobalIdentifier
    let isGlobal: Bool
    let hopLimit: UInt8
    let trafficClass: UInt8

    init(protectionDomain: ProtectionDomainNumber, device: UInt32?, source: GlobalIdentifier, vector: AddressVector) {
        self.protectionDomain = protectionDomain
        self.device = device
        self.source = source
        destination = vector.destination
        isGlobal = vector.isGlobal
        hopLimit = vector.hopLimit
        trafficClass = vector.trafficClass
    }
}
