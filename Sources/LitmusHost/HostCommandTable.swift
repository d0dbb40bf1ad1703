// HostCommandTable.swift - the table from a scenario's operations to system calls.
//
// Owns: which call does what, and its arguments. Does not: know whether the kernel has it (HostPlan).
// Counterpart: mmap(2), madvise(2), mremap(2), vmsplice(2), ibv_reg_mr(3), mm/gup_test.h, lib/test_hmm_uapi.h.
import CHostActor
import KernelMemory
import Litmus

/// From the operations of one scenario to commands.
struct HostCommandTable {
    // PROT_*, MAP_* and MADV_* of x86-64 and arm64 Linux.
    private enum Bits {
        static let read: Int64 = 1, write: Int64 = 2
        static let shared: Int64 = 1, `private`: Int64 = 2, fixed: Int64 = 0x10, anonymous: Int64 = 0x20
        static let hugetlb: Int64 = 0x40000
        static let dontNeed: Int64 = 4, remove: Int64 = 9, dontFork: Int64 = 10, doFork: Int64 = 11, mergeable: Int64 = 12, huge: Int64 = 14
        static let wipeOnFork: Int64 = 18, pageOut: Int64 = 21, collapse: Int64 = 25
    }

    let scenario: Scenario
    let grid: HostGrid

    func packet(_ operation: Operation) -> verbena_host_command? {
        switch operation.kind {
        case .read: memory(VERBENA_HOST_READ, operation)
        case .write: memory(VERBENA_HOST_WRITE, operation, argument: Int64(operation.argument))
        case .fork: memory(VERBENA_HOST_FORK, operation, slot: operation.argument)
        case .exit: memory(VERBENA_HOST_QUIT, operation)
        case .map: map(operation)
        case .unmap: memory(VERBENA_HOST_UNMAP, operation)
        case .protect: operation.flags.contains(.dontCopy) ? nil : memory(VERBENA_HOST_PROTECT, operation, argument: rights(operation.flags))
        case .remap: memory(VERBENA_HOST_REMAP, operation, argument: Int64(grid.address(operation.argument)))
        case .lock: memory(VERBENA_HOST_LOCK, operation)
        case .unlock: memory(VERBENA_HOST_UNLOCK, operation)
        case .adviseDontNeed: advise(operation, Bits.dontNeed)
        case .adviseDontFork: advise(operation, Bits.dontFork)
        case .adviseDoFork: advise(operation, Bits.doFork)
        case .adviseWipeOnFork: advise(operation, Bits.wipeOnFork)
        case .adviseRemove: advise(operation, Bits.remove)
        case .adviseCollapse: advise(operation, Bits.collapse)
        case .advisePageOut, .swapOut: advise(operation, Bits.pageOut)
        case .mergeSame: offer(operation.page)
        case .clearSoftDirty: memory(VERBENA_HOST_CLEAR_SOFT_DIRTY, operation)
        case .migrate: memory(VERBENA_HOST_MOVE, operation)
        case .register: region(operation)
        case .deregister, .unpin: memory(release(of: operation.region), operation, slot: operation.region.index)
        case .pin: hold(operation)
        case .deviceRead, .deviceWrite: operation.flags.contains(.local) ? nil : device(operation)
        case .migrateToDevice: operation.argument == Zone.devicePrivate.rawValue ? memory(VERBENA_HOST_MOVE_TO_DEVICE, operation) : nil
        case .migrateToSystem: memory(VERBENA_HOST_MOVE_TO_SYSTEM, operation)
        case .truncate: truncate(operation)
        case .unbindProvider: memory(VERBENA_HOST_UNBIND, operation)
        default: nil
        }
    }

    func memory(
        _ kind: verbena_host_command_kind, _ operation: Operation, slot: Int = -1, argument: Int64 = 0
    ) -> verbena_host_command {
        verbena_host_command(
            kind: kind.rawValue, slot: Int32(slot), address: grid.address(operation.page.index),
            length: grid.bytes(operation.pageCount), offset: 0, argument: argument, second: 0)
    }

    private func advise(_ operation: Operation, _ advice: Int64) -> verbena_host_command {
        memory(VERBENA_HOST_ADVISE, operation, argument: advice)
    }

    private func rights(_ flags: OperationFlags) -> Int64 {
        (flags.contains(.readable) ? Bits.read : 0) | (flags.contains(.writable) ? Bits.write : 0)
    }

    private func hold(_ operation: Operation) -> verbena_host_command? {
        switch holding(of: operation.region) {
        case .pinTest: return testPin(operation)
        case .transfer:
            return memory(
                VERBENA_HOST_HOLD_TRANSFER, operation, slot: operation.region.index, argument: operation.flags.contains(.write) ? 1 : 0)
        default: break
        }
        let kind = operation.flags.contains(.fixedBuffer) ? VERBENA_HOST_HOLD_FIXED : VERBENA_HOST_HOLD_PIPE
        var packet = memory(kind, operation, slot: operation.region.index)
        packet.second = Int64(grid.pageBytes)
        return packet
    }

    private func testPin(_ operation: Operation) -> verbena_host_command {
        // PIN_LONGTERM_TEST_FLAG_*.
        let (write, fast): (Int64, Int64) = (1, 2)
        let flags = (operation.flags.contains(.write) ? write : 0) | (operation.flags.contains(.fast) ? fast : 0)
        return memory(VERBENA_HOST_HOLD_TEST_PIN, operation, slot: operation.region.index, argument: flags)
    }

    /// What holds the pages of a region.
    private enum Holding { case ringOrPipe, region, pinTest, mirror, transfer }

    private func holding(of region: RegionID) -> Holding {
        for operation in scenario.program.parts.flatMap(\.operations) where operation.region == region {
            switch operation.kind {
            case .register: return operation.flags.contains(.onDemand) ? .mirror : .region
            case .pin where operation.flags.contains(.peerToPeer): return .transfer
            case .pin: return operation.flags.isDisjoint(with: [.plain, .fixedBuffer]) ? .pinTest : .ringOrPipe
            default: continue
            }
        }
        return .ringOrPipe
    }

    private func release(of region: RegionID) -> verbena_host_command_kind {
        switch holding(of: region) {
        case .ringOrPipe: VERBENA_HOST_RELEASE
        case .region: VERBENA_HOST_RELEASE_REGION
        case .pinTest: VERBENA_HOST_RELEASE_TEST_PIN
        case .mirror: VERBENA_HOST_RELEASE_MIRROR
        case .transfer: VERBENA_HOST_RELEASE_TRANSFER
        }
    }

    /// The device's access to a region; nil if what holds it cannot do that.
    private func access(to region: RegionID, reads: Bool) -> verbena_host_command_kind? {
        switch holding(of: region) {
        case .ringOrPipe: reads ? VERBENA_HOST_DEVICE_READ : VERBENA_HOST_DEVICE_WRITE
        case .region: reads ? VERBENA_HOST_REGION_READ : VERBENA_HOST_REGION_WRITE
        case .pinTest: reads ? VERBENA_HOST_TEST_PIN_READ : nil
        case .mirror: reads ? VERBENA_HOST_MIRROR_READ : VERBENA_HOST_MIRROR_WRITE
        case .transfer: reads ? VERBENA_HOST_TRANSFER_READ : nil
        }
    }

    private func region(_ operation: Operation) -> verbena_host_command {
        if operation.flags.contains(.onDemand) { return memory(VERBENA_HOST_HOLD_MIRROR, operation, slot: operation.region.index) }
        // IBV_ACCESS_*.
        let (localWrite, remoteWrite, remoteRead): (Int64, Int64, Int64) = (1, 2, 4)
        var access: Int64 = 0
        if operation.flags.contains(.localWrite) { access |= localWrite }
        if operation.flags.contains(.remoteWrite) { access |= remoteWrite }
        if operation.flags.contains(.remoteRead) { access |= remoteRead }
        return memory(VERBENA_HOST_HOLD_REGION, operation, slot: operation.region.index, argument: access)
    }

    private func device(_ operation: Operation) -> verbena_host_command? {
        guard let kind = access(to: operation.region, reads: operation.kind == .deviceRead) else { return nil }
        return verbena_host_command(
            kind: kind.rawValue, slot: Int32(operation.region.index), address: 0,
            length: grid.bytes(operation.argument), offset: 0, argument: Int64(operation.second), second: 0)
    }

    private func map(_ operation: Operation) -> verbena_host_command? {
        let (isShared, isReadOnly) = (operation.flags.contains(.shared), operation.flags.contains(.readOnlyFile))
        guard operation.flags.isDisjoint(with: [.dontCopy, .huge, .hugetlb]), isShared || !isReadOnly else { return nil }
        if operation.second == 0 { return area(operation.page.index, operation.pageCount, rights(operation.flags), .anonymous) }
        let backing = BackingPage(operation.second - 1)
        let mapping: Mapping = isShared ? .shared(backing) : .privately(backing)
        return area(operation.page.index, operation.pageCount, rights(operation.flags), mapping, isReadOnly: isReadOnly)
    }

    /// The call that lets the kernel merge a page with an equal one.
    func offer(_ page: PageNumber) -> verbena_host_command {
        verbena_host_command(
            kind: VERBENA_HOST_ADVISE.rawValue, slot: -1, address: grid.address(page.index), length: grid.pageBytes, offset: 0,
            argument: Bits.mergeable, second: 0)
    }

    /// The call that asks for huge pages in an area.
    func hugeAdvice(_ page: Int, _ count: Int) -> verbena_host_command {
        verbena_host_command(
            kind: VERBENA_HOST_ADVISE.rawValue, slot: -1, address: grid.address(page), length: grid.bytes(count), offset: 0,
            argument: Bits.huge, second: 0)
    }

    /// The call that maps so many pages of one kind; of a file opened for reading only if they can never become writable.
    func area(_ page: Int, _ count: Int, _ rights: Int64, _ mapping: Mapping, isReadOnly: Bool = false) -> verbena_host_command? {
        var packet = verbena_host_command(
            kind: VERBENA_HOST_MAP.rawValue, slot: -1, address: grid.address(page), length: grid.bytes(count),
            offset: 0, argument: rights, second: Bits.fixed)
        guard let backing = mapping.backing else {
            packet.second |= Bits.private | Bits.anonymous | (mapping == .hugetlb ? Bits.hugetlb : 0)
            return packet
        }
        guard let place = object(of: backing.index) else { return nil }
        packet.slot = Int32(place.object + (isReadOnly ? Int(VERBENA_HOST_OBJECTS) : 0))
        packet.offset = place.offset
        packet.second |= mapping.isShared ? Bits.shared : Bits.private
        return packet
    }

    /// The object that a backing page belongs to, and where in it.
    func object(of backing: Int) -> (object: Int, offset: UInt64)? {
        guard let object = scenario.objects.firstIndex(where: { $0.first <= backing && backing < $0.first + $0.count }) else { return nil }
        return (object, grid.bytes(backing - scenario.objects[object].first))
    }

    private func truncate(_ operation: Operation) -> verbena_host_command? {
        guard let place = object(of: operation.argument) else { return nil }
        return verbena_host_command(
            kind: VERBENA_HOST_TRUNCATE_OBJECT.rawValue, slot: Int32(place.object), address: 0, length: place.offset, offset: 0,
            argument: 0, second: 0)
    }
}
