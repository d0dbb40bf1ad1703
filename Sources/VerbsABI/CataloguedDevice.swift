// CataloguedDevice.swift - what stands behind a `struct ibv_device`.
//
// Owns: the description. Immortal, like the C struct.

import Device

/// A device as the list shows it.
final class CataloguedDevice {
    let description: DeviceDescription

    init(_ description: DeviceDescription) { self.description = description }
}
