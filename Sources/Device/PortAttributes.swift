// PortAttributes.swift - what a port tells of itself.
//
// C: struct ibv_port_attr.

import Verbs

/// What a port tells of itself.
public struct PortAttributes: Sendable {
    public let linkLayer: LinkLayer
    public let localIdentifier: UInt16
    /// Raw value of ibv_mtu, both the largest and the active one.
    public let mtu: UInt8
    public let gidTableLength: Int32
    public let partitionKeyTableLength: UInt16
    public let maxMessageBytes: UInt32
}
