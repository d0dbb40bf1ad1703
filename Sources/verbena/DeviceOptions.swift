// DeviceOptions.swift - the options that shape the devices.
//
// Owns: their checks and their environment variables, which DeviceCatalogue reads.
import ArgumentParser
import Device
import Platform

/// How many devices, and of what kind.
struct DeviceOptions: ParsableArguments {
    @Option(help: ArgumentHelp("How many devices there are.", valueName: "count"))
    var devices: Int?

    @Option(help: "What the ports speak: ethernet (RoCE) or infiniband (LIDs).")
    var linkLayer: LinkLayerOption?

    @Option(
        help: ArgumentHelp(
            "The part number that the devices report, with Mellanox as their vendor; without it they report neither.",
            discussion: "With 4119 (ConnectX-5) perftest posts by ibv_wr_* and sends small messages inline.",
            valueName: "number"))
    var vendorPart: UInt32?

    func validate() throws {
        let counts = 1...DeviceCatalogue.deviceCountMax
        if let devices, !counts.contains(devices) {
            throw ValidationError("--devices is a number from \(counts.lowerBound) to \(counts.upperBound).")
        }
    }

    /// Sets what was given, for this process and for what it becomes.
    func setEnvironment() throws {
        let settings = [
            ("VERBENA_DEVICES", devices.map { String($0) }), ("VERBENA_LINK_LAYER", linkLayer?.rawValue),
            ("VERBENA_VENDOR_PART", vendorPart.map { String($0) }),
        ]
        for case (let name, let value?) in settings { try Host.setEnvironment(name, value) }
    }
}
