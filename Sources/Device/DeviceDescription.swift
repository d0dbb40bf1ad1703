// DeviceDescription.swift - a device as `ibv_get_device_list` shows it, before it is opened.
//
// Owns: names and identifiers. C: struct ibv_device.

import Verbs

/// A device that this machine offers.
public struct DeviceDescription: Sendable, Equatable {
    /// 0, 1, …: the position in the list.
    public let index: Int
    /// verbena0, verbena1, …
    public let name: String
    /// uverbs0, uverbs1, …: what the character device of a kernel's device would be called.
    public let characterDeviceName: String
    /// EUI-64, as a big-endian number; the same for every process of this host.
    public let nodeGUID: UInt64
    public let linkLayer: LinkLayer
    public let vendorID: UInt32
    public let vendorPartID: UInt32

    /// The LID of the device's port: 0 on Ethernet.
    public var localIdentifier: UInt16 { linkLayer == .infiniBand ? UInt16(index + 1) : 0 }
}
