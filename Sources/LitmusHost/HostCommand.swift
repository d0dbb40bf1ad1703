// HostCommand.swift - one statement as the system call that carries it out.
//
// Owns: the table from operations to commands. Nil: no call does that.
import CHostActor
import KernelMemory
import Litmus

/// One statement as a command to a process.
struct HostCommand {
    /// The process that carries it out; nil: the nursery, which holds the objects.
    let process: ProcessID?
    let packet: verbena_host_command

    // PROT_*, MAP_* and MADV_* of x86-64 and arm64 Linux.
    private enum Bits {
        static let read: Int64 = 1, write: Int64 = 2
        static let shared: Int64 = 1, `private`: Int64 = 2, fixed: Int64 = 0x10, anonymous: Int64 = 0x20
        static let dontNeed: Int64 = 4, remove: Int64 = 9, dontFork: Int64 = 10, doFork: Int64 = 11, wipeOnFork: Int64 = 18
    }

    /// Where page 0 lies in every process.
    static var base: UInt64 { 0x2000_0000_0000 }

    init?(_ operation: Operation, _ scenario: Scenario) {
        guard let packet = Self.packet(operation, scenario) else { return nil }
        self.packet = packet
        process = operation.kind == .truncate ? nil : operation.process
    }

    private static func packet(_ operation: Operation, _ scenario: Scenario) -> verbena_host_command? {
        switch operation.kind {
        case .read: memory(VERBENA_HOST_READ, operation)
        case .write: memory(VERBENA_HOST_WRITE, operation, argument: Int64(operation.argument))
        case .fork: memory(VERBENA_HOST_FORK, operation, slot: operation.argument)
        case .exit: memory(VERBENA_HOST_QUIT, operation)
        case .map: map(operation, scenario)
        case .unmap: memory(VERBENA_HOST_UNMAP, operation)
        case .protect: operation.flags.contains(.dontCopy) ? nil : memory(VERBENA_HOST_PROTECT, operation, argument: rights(operation.flags))
        case .remap: memory(VERBENA_HOST_REMAP, operation, argument: Int64(HostPlan.address(operation.argument)))
        case .lock: memory(VERBENA_HOST_LOCK, operation)
        case .unlock: memory(VERBENA_HOST_UNLOCK, operation)
        case .adviseDontNeed: advise(operation, Bits.dontNeed)
        case .adviseDontFork: advise(operation, Bits.dontFork)
        case .adviseDoFork: advise(operation, Bits.doFork)
        case .adviseWipeOnFork: advise(operation, Bits.wipeOnFork)
        case .adviseRemove: advise(operation, Bits.remove)
        case .register: region(operation)
        case .deregister: memory(VERBENA_HOST_RELEASE_REGION, operation, slot: operation.region.index)
        case .pin: hold(operation)
        case .unpin: memory(VERBENA_HOST_RELEASE, operation, slot: operation.region.index)
        case .deviceRead, .deviceWrite: operation.flags.contains(.local) ? nil : device(operation, scenario)
        case .truncate: truncate(operation, scenario)
        default: nil
        }
    }

    static func memory(
        _ kind: verbena_host_command_kind, _ operation: Operation, slot: Int = -1, argument: Int64 = 0
    ) -> verbena_host_command {
        verbena_host_command(
            kind: kind.rawValue, slot: Int32(slot), address: HostPlan.address(operation.page.index),
            length: UInt64(operation.pageCount) * HostPlan.pageBytes, offset: 0, argument: argument, second: 0)
    }

    private static func advise(_ operation: Operation, _ advice: Int64) -> verbena_host_command {
        memory(VERBENA_HOST_ADVISE, operation, argument: advice)
    }

    private static func rights(_ flags: OperationFlags) -> Int64 {
        (flags.contains(.readable) ? Bits.read : 0) | (flags.contains(.writable) ? Bits.write : 0)
    }

    private static func hold(_ operation: Operation) -> verbena_host_command? {
        let kind = operation.flags.contains(.fixedBuffer) ? VERBENA_HOST_HOLD_FIXED : VERBENA_HOST_HOLD_PIPE
        return memory(kind, operation, slot: operation.region.index)
    }

    private static func region(_ operation: Operation) -> verbena_host_command {
        // IBV_ACCESS_*.
        let (localWrite, remoteWrite, remoteRead): (Int64, Int64, Int64) = (1, 2, 4)
        var access: Int64 = 0
        if operation.flags.contains(.localWrite) { access |= localWrite }
        if operation.flags.contains(.remoteWrite) { access |= remoteWrite }
        if operation.flags.contains(.remoteRead) { access |= remoteRead }
        return memory(VERBENA_HOST_HOLD_REGION, operation, slot: operation.region.index, argument: access)
    }

    private static func device(_ operation: Operation, _ scenario: Scenario) -> verbena_host_command {
        let isRegion = scenario.program.parts.contains { part in
            part.operations.contains { $0.kind == .register && $0.region == operation.region }
        }
        let kinds = isRegion
            ? (read: VERBENA_HOST_REGION_READ, write: VERBENA_HOST_REGION_WRITE)
            : (read: VERBENA_HOST_DEVICE_READ, write: VERBENA_HOST_DEVICE_WRITE)
        return verbena_host_command(
            kind: (operation.kind == .deviceRead ? kinds.read : kinds.write).rawValue, slot: Int32(operation.region.index), address: 0,
            length: UInt64(operation.argument) * HostPlan.pageBytes, offset: 0, argument: Int64(operation.second), second: 0)
    }

    private static func map(_ operation: Operation, _ scenario: Scenario) -> verbena_host_command? {
        let proposals: OperationFlags = [.dontCopy, .huge, .hugetlb, .readOnlyFile]
        guard operation.flags.isDisjoint(with: proposals) else { return nil }
        if operation.second == 0 { return area(operation.page.index, operation.pageCount, rights(operation.flags), .anonymous, scenario) }
        let backing = BackingPage(operation.second - 1)
        let mapping: Mapping = operation.flags.contains(.shared) ? .shared(backing) : .privately(backing)
        return area(operation.page.index, operation.pageCount, rights(operation.flags), mapping, scenario)
    }

    /// The call that maps so many pages of one kind.
    static func area(_ page: Int, _ count: Int, _ rights: Int64, _ mapping: Mapping, _ scenario: Scenario) -> verbena_host_command? {
        var packet = verbena_host_command(
            kind: VERBENA_HOST_MAP.rawValue, slot: -1, address: HostPlan.address(page), length: UInt64(count) * HostPlan.pageBytes,
            offset: 0, argument: rights, second: Bits.fixed)
        guard let backing = mapping.backing else {
            packet.second |= Bits.private | Bits.anonymous
            return packet
        }
        guard let place = object(of: backing.index, scenario) else { return nil }
        packet.slot = Int32(place.object)
        packet.offset = place.offset
        packet.second |= mapping.isShared ? Bits.shared : Bits.private
        return packet
    }

    /// The object that a backing page belongs to, and where in it.
    static func object(of backing: Int, _ scenario: Scenario) -> (object: Int, offset: UInt64)? {
        guard let object = scenario.objects.firstIndex(where: { $0.first <= backing && backing < $0.first + $0.count }) else { return nil }
        return (object, UInt64(backing - scenario.objects[object].first) * HostPlan.pageBytes)
    }

    private static func truncate(_ operation: Operation, _ scenario: Scenario) -> verbena_host_command? {
        guard let place = object(of: operation.argument, scenario) else { return nil }
        return verbena_host_command(
            kind: VERBENA_HOST_TRUNCATE_OBJECT.rawValue, slot: Int32(place.object), address: 0, length: place.offset, offset: 0,
            argument: 0, second: 0)
    }
}
