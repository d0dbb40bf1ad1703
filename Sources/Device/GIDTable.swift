// GIDTable.swift - the GIDs of a device's port.
//
// Owns: their order: link-local first, then one entry per IPv4 address of this host, loopback last. On the InfiniBand
// link layer there is just the subnet's. Every process of a host computes the same table.
// Spec: IBA vol 1, 4.1.1; annex A17 (RoCEv2).

import Platform
import Verbs

/// The GIDs of a device's port.
struct GIDTable {
    let entries: [GIDEntry]

    init(_ device: DeviceDescription) {
        let linkLocal = GlobalIdentifier.linkLocal(interfaceID: device.nodeGUID)
        guard device.linkLayer == .ethernet else {
            entries = [GIDEntry(gid: linkLocal, kind: .infiniBand, interfaceIndex: 0)]
            return
        }
        let addresses = Host.ipv4Addresses()
        var table = [GIDEntry(gid: linkLocal, kind: .roceV2, interfaceIndex: 0)]
        for (_, address) in addresses where table.count < Int(DeviceLimits.standard.gidTableLength) {
            table.append(GIDEntry(gid: .mapped(ipv4: address), kind: .roceV2, interfaceIndex: 0))
        }
        entries = table
    }

    func contains(_ gid: GlobalIdentifier) -> Bool { entries.contains { $0.gid == gid } }
}
