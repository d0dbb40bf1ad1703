// DeviceCatalogue.swift - which devices there are.
//
// Owns: the options that shape them: VERBENA_DEVICES (how many), VERBENA_LINK_LAYER (ethernet or infiniband),
// VERBENA_VENDOR_PART (what to report as part number). Read once a call: processes of one fabric agree because they
// are started with the same options.

import Platform
import Verbs

/// The devices of this machine.
public enum DeviceCatalogue {
    public static let deviceCountMax = 16

    /// The devices, in order.
    public static func devices() -> [DeviceDescription] {
        let asked = Host.environment("VERBENA_DEVICES").flatMap { Int($0) } ?? 1
        let count = min(max(asked, 0), deviceCountMax)
        let linkLayer: LinkLayer = Host.environment("VERBENA_LINK_LAYER") == "infiniband" ? .infiniBand : .ethernet
        let part = Host.environment("VERBENA_VENDOR_PART").flatMap { UInt32($0) }
        return (0..<count).map { device(index: $0, linkLayer: linkLayer, part: part) }
    }

    private static func device(index: Int, linkLayer: LinkLayer, part: UInt32?) -> DeviceDescription {
        // A locally administered EUI-64 made of the machine's identity.
        let guid = Host.machineIdentifier & 0x00ff_ffff_ffff_ff00 | 0x0200_0000_0000_0000 | UInt64(index)
        return DeviceDescription(
            index: index, name: "verbena\(index)", characterDeviceName: "uverbs\(index)", nodeGUID: guid,
            linkLayer: linkLayer, vendorID: part == nil ? 0 : 0x02c9, vendorPartID: part ?? 0)
    }
}
