// DeviceDescription+Port.swift - what a device's port would tell, without opening the device.

extension DeviceDescription {
    /// The GIDs of the port, as they are now.
    public func gids() -> [GIDEntry] { GIDTable(self).entries }
}
