// ControllerOptions.swift - the options that name a controller whose memory peers can reach.
import ArgumentParser
import LitmusHost

/// Options of commands that play scenarios of peer-to-peer memory on the running kernel.
struct ControllerOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "An NVMe controller that lends its memory to peers, by its PCI address. Scenarios unbind its driver: its disks are gone meanwhile.",
            valueName: "address"))
    var controller = ""

    @Option(
        help: ArgumentHelp(
            "A slow disk behind the same switch. Transfers between it and the controller's memory OVERWRITE it.", valueName: "path"))
    var transferDisk = ""

    func validate() throws {
        guard transferDisk.isEmpty || !controller.isEmpty else { throw ValidationError("--transfer-disk goes with --controller") }
    }

    /// Before the first nursery is started.
    func use() throws { try HostController.use(address: controller, disk: transferDisk) }
}
