// HostPlan+Controller.swift - scenarios of peer-to-peer memory on a machine with an NVMe controller that lends its own.
//
// Owns: what of them such a machine can play. A look-up that asks for such memory is a disk's direct transfer; one that does not ask is
// vmsplice's.
// Counterpart in Linux: drivers/pci/p2pdma.c, whose every mapping is memory of its own.
import KernelMemory
import Litmus

extension HostPlan {
    static let noController = "a controller's memory: none was named (--controller)"

    /// What holds the region is a transfer between devices.
    func isTransfer(_ region: RegionID) -> Bool {
        scenario.program.parts.contains { part in
            part.operations.contains { $0.kind == .pin && $0.flags.contains(.peerToPeer) && $0.region == region }
        }
    }

    func asTransfer(_ operation: Operation) throws(Lack) -> Operation {
        switch operation.kind {
        case .pin:
            guard operation.flags.isDisjoint(with: [.longterm, .fast, .force, .plain]) else {
                throw Lack(reason: "a lookup for long that asks for peer-to-peer memory: no caller in the kernel makes it")
            }
            guard controller.hasDisk else { throw Lack(reason: "a transfer between devices: needs a disk (--transfer-disk)") }
            guard isReleased(operation.region) else { throw Lack(reason: "a transfer that never ends") }
            return operation
        case .deviceWrite: throw Lack(reason: "writing through a transfer that has begun")
        default: return operation
        }
    }

    private func isReleased(_ region: RegionID) -> Bool {
        scenario.program.parts.contains { part in part.operations.contains { $0.kind == .unpin && $0.region == region } }
    }

    /// The operation is about a controller's memory.
    func isPeerMemory(_ operation: Operation) -> Bool {
        guard let backing = scenario.initial.layout(operation.process, operation.page)?.mapping.backing else { return false }
        return scenario.initial.backing(backing).kind == .peerToPeer
    }

    /// Each mapping of a controller's memory is new: an object of it can be mapped once, from its first page on.
    func checkController() throws(Lack) {
        for object in scenario.objects where scenario.initial.backing(BackingPage(object.first)).kind == .peerToPeer {
            guard controller.lendsMemory else { throw Lack(reason: Self.noController) }
            let pages = object.first..<object.first + object.count
            let maps = scenario.program.parts.flatMap(\.operations).contains { $0.kind == .map && pages.contains($0.second - 1) }
            let places = scenario.processes.indices.flatMap { process in
                (0..<Bounds.pages).compactMap { scenario.initial.layout(ProcessID(process), PageNumber($0))?.mapping.backing?.index }
            }
            let own = places.filter(pages.contains)
            guard !maps, own == Array(pages.prefix(own.count)) else {
                throw Lack(reason: "a controller's memory that is mapped twice: each mapping is new memory")
            }
        }
    }
}
