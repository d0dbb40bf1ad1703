// DevicesCommand.swift - `verbena devices`: the devices that programs see.
//
// Owns: the output. Does not: open a device, or join a fabric. Counterpart: ibv_devinfo(1).
import ArgumentParser
import Device
import Verbs

struct DevicesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "devices",
        abstract: "List the devices that programs see.",
        discussion: """
            The options, and the environment, are those of verbena run.

            Examples:
              verbena devices
              verbena devices --json
              verbena devices --devices 2 --link-layer infiniband
            """)

    @OptionGroup
    var deviceOptions: DeviceOptions

    @Flag(help: "Write JSON instead of a table.")
    var json = false

    func run() throws {
        try deviceOptions.setEnvironment()
        let devices = DeviceCatalogue.devices()
        if json {
            Output.json(.object([("devices", .array(devices.map(Self.json)))]))
        } else {
            Self.show(devices)
        }
    }

    private static func show(_ devices: [DeviceDescription]) {
        var table = TextTable(["device", "link layer", "node GUID", "LID", "MTU", "GID"])
        for device in devices {
            for (index, entry) in device.gids().enumerated() {
                let gid = "\(index): \(Notation.gid(entry.gid))"
                guard index == 0 else {
                    table.add(["", "", "", "", "", gid])
                    continue
                }
                table.add([
                    device.name, name(device.linkLayer), Notation.guid(device.nodeGUID), String(device.localIdentifier),
                    String(Notation.bytes(ofMTU: DeviceLimits.standard.activeMTU)), gid,
                ])
            }
        }
        Output.table(table)
    }

    private static func name(_ linkLayer: LinkLayer) -> String { linkLayer == .ethernet ? "Ethernet" : "InfiniBand" }

    private static func name(_ kind: GIDEntry.Kind) -> String {
        switch kind {
        case .infiniBand: "IB"
        case .roceV1: "RoCE v1"
        case .roceV2: "RoCE v2"
        }
    }

    private static func json(_ device: DeviceDescription) -> JSONValue {
        let gids = device.gids().enumerated().map { index, entry in
            JSONValue.object([
                ("index", .number(UInt64(index))), ("gid", .string(Notation.gid(entry.gid))),
                ("type", .string(name(entry.kind))),
            ])
        }
        let limits = DeviceLimits.standard
        return .object([
            ("name", .string(device.name)), ("linkLayer", .string(name(device.linkLayer))),
            ("nodeGUID", .string(Notation.guid(device.nodeGUID))), ("vendorID", .number(UInt64(device.vendorID))),
            ("vendorPartID", .number(UInt64(device.vendorPartID))), ("lid", .number(UInt64(device.localIdentifier))),
            ("mtuBytes", .number(UInt64(Notation.bytes(ofMTU: limits.activeMTU)))), ("gids", .array(gids)),
            ("maxQueuePairs", .number(UInt64(limits.maxQueuePairs))),
            ("maxCompletionQueues", .number(UInt64(limits.maxCompletionQueues))),
            ("maxMemoryRegions", .number(UInt64(limits.maxMemoryRegions))),
            ("maxMessageBytes", .number(limits.maxMessageBytes)),
        ])
    }
}
