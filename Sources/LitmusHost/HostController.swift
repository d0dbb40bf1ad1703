// HostController.swift - the controller whose memory scenarios of peer-to-peer map.
//
// Owns: its name, for all nurseries that are started later. Nothing is found by itself: a scenario takes the driver from the controller, and
// overwrites the disk.
import CHostActor

/// An NVMe controller with memory that peers can reach (CONFIG_PCI_P2PDMA), and a slow disk that does.
public struct HostController: Sendable {
    /// It was named, and lends its memory.
    let lendsMemory: Bool
    /// A disk was named that reaches such memory.
    let hasDisk: Bool

    /// What was named.
    static var here: HostController {
        HostController(lendsMemory: verbena_host_has_controller_memory() != 0, hasDisk: verbena_host_has_transfers() != 0)
    }

    /// - Parameters:
    ///   - address: its PCI address, as in /sys/bus/pci/devices; empty for none. Its driver is unbound where a scenario says so, and bound
    ///     again at the scenario's end.
    ///   - disk: a block device behind the same switch, which transfers overwrite; empty for none.
    public static func use(address: String, disk: String) throws(HostFailure) {
        let result = unsafe verbena_host_use_controller(address, disk)
        guard result == 0 else { throw HostFailure(description: "'\(address)' is no PCI address, or '\(disk)' is too long for a disk's path") }
        guard address.isEmpty || here.lendsMemory else {
            throw HostFailure(description: "\(address) lends no memory to peers: /sys/bus/pci/devices/\(address)/p2pmem/allocate cannot be mapped")
        }
    }
}
