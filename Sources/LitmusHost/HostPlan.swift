// HostPlan.swift - a scenario in the words of system calls.
//
// Owns: which statements a kernel can be asked to carry out, and by which call; the reason where it cannot. Registrations become what
// the device of the run can hold, in the model's program too, so that both speak of the same thing.
// Counterpart: litmus/README.md's statements; mmap(2), madvise(2), io_uring_register_buffers(3), vmsplice(2).
import CHostActor
import KernelMemory
import Litmus

/// A scenario that this machine can run, or the reason why it cannot.
struct HostPlan {
    /// The scenario with its registrations as the device of the run makes them.
    private(set) var scenario: Scenario
    let device: HostDevice
    let controller: HostController
    private let hasDeviceMemory: Bool
    let grid: HostGrid

    /// Why a scenario cannot be run; thrown by the initializer.
    struct Lack: Error {
        let reason: String
    }

    static func make(
        _ scenario: Scenario, device: HostDevice, controller: HostController = .here, hasDeviceMemory: Bool = HostDevice.hasDeviceMemory
    ) -> Result<HostPlan, Lack> {
        do throws(Lack) { return .success(try HostPlan(scenario, device, controller, hasDeviceMemory)) } catch { return .failure(error) }
    }

    /// A random program, for a machine that has such memory.
    static func ofProgram(_ seed: UInt64, _ device: HostDevice, _ memory: HostMemory) throws(HostFailure) -> HostPlan {
        var generator = ProgramGenerator(seed: seed, device: device, memory: memory)
        let controller = HostController(lendsMemory: memory.contains(.controller), hasDisk: false)
        guard let scenario = generator.program().scenario(),
            case .success(let plan) = make(scenario, device: device, controller: controller, hasDeviceMemory: memory.contains(.device))
        else { throw HostFailure(description: "seed \(seed) makes no scenario") }
        return plan
    }

    private init(_ scenario: Scenario, _ device: HostDevice, _ controller: HostController, _ hasDeviceMemory: Bool) throws(Lack) {
        self.scenario = scenario
        self.device = device
        self.controller = controller
        self.hasDeviceMemory = hasDeviceMemory
        let grid = HostGrid(scenario)
        self.grid = grid
        try checkMemory()
        try checkLimits()
        try checkRings()
        for part in scenario.program.parts.indices {
            for place in scenario.program.parts[part].operations.indices {
                self.scenario.program.parts[part].operations[place] = try translate(scenario.program.parts[part].operations[place])
            }
        }
        let table = HostCommandTable(scenario: self.scenario, grid: grid)
        for operation in self.scenario.program.parts.flatMap(\.operations) where !Self.isControl(operation.kind) {
            if HostCommand(operation, table) == nil { throw Lack(reason: Self.need(operation)) }
        }
    }

    static func isControl(_ kind: OperationKind) -> Bool { [.await, .awaitMark, .mark, .failIf].contains(kind) }

    private func isPipe(_ region: RegionID) -> Bool {
        scenario.program.parts.contains { part in
            part.operations.contains { $0.kind == .pin && $0.flags.contains(.plain) && $0.region == region }
        }
    }

    /// True for what a bare lookup of user pages holds.
    private func isLookup(_ region: RegionID) -> Bool {
        scenario.program.parts.contains { part in
            part.operations.contains { $0.kind == .pin && $0.flags.isDisjoint(with: [.plain, .fixedBuffer]) && $0.region == region }
        }
    }

    private static let specialRegistrations: OperationFlags = [.gift, .dmaBuffer, .pinnedImport, .forkProtected, .relaxedOrdering]

    private func translate(_ operation: Operation) throws(Lack) -> Operation {
        if operation.kind == .deviceWrite, isPipe(operation.region) { throw Lack(reason: "writing through a pipe's references") }
        if [.register, .deregister].contains(operation.kind), !operation.flags.isDisjoint(with: Self.specialRegistrations) {
            throw Lack(reason: "a registration of a kind that no host device has")
        }
        if operation.kind == .register, operation.argument != 0 { throw Lack(reason: "a registration of single bytes") }
        if operation.kind == .reregister { throw Lack(reason: "re-registration") }
        if operation.kind == .unbindProvider, !controller.lendsMemory { throw Lack(reason: Self.noController) }
        if isTransfer(operation.region) { return try asTransfer(operation) }
        if operation.kind == .pin, operation.flags == [], isPeerMemory(operation) {
            // Who does not ask for such memory is refused, whether the look-up is for a moment or a pipe's.
            var reference = operation
            reference.flags = .plain
            return reference
        }
        if [.migrateToDevice, .migrateToSystem].contains(operation.kind), !hasDeviceMemory {
            throw Lack(reason: "memory on a device: needs HMM's test device (modprobe test_hmm)")
        }
        if operation.kind == .register, operation.flags.contains(.onDemand), device != .mirror {
            throw Lack(reason: "an on-demand registration: needs HMM's test device (--device hmm)")
        }
        return switch device {
        case .fixedBuffers: try asFixedBuffer(operation)
        case .verbs: try asRegion(operation)
        case .pinTest: try asLookup(operation)
        case .mirror: try asMirror(operation)
        }
    }

    /// A registration as a fixed buffer, its end as that one's.
    private func asFixedBuffer(_ operation: Operation) throws(Lack) -> Operation {
        var operation = operation
        switch operation.kind {
        case .register:
            guard operation.flags.contains(.localWrite) else { throw Lack(reason: "a read-only registration: needs a verbs device") }
            operation.kind = .pin
            operation.flags = .fixedBuffer
        case .deregister:
            operation.kind = .unpin
            operation.flags = []
        case .pin where operation.flags.isDisjoint(with: [.plain, .fixedBuffer]):
            throw Lack(reason: "a lookup of user pages that is not a fixed buffer's: needs a verbs device")
        default: break
        }
        return operation
    }

    /// A bare longterm lookup as a memory region, which looks its pages up in the same way; its end as that one's.
    private func asRegion(_ operation: Operation) throws(Lack) -> Operation {
        var operation = operation
        switch operation.kind {
        case .pin where operation.flags.isDisjoint(with: [.plain, .fixedBuffer]):
            guard operation.flags.contains(.longterm), operation.flags.isDisjoint(with: [.force, .peerToPeer]) else {
                throw Lack(reason: "a lookup of user pages that is not for long, or forced")
            }
            operation.kind = .register
            operation.flags = operation.flags.contains(.write) ? [.localWrite, .remoteWrite, .remoteRead] : .remoteRead
        case .unpin where isLookup(operation.region): operation.kind = .deregister
        default: break
        }
        return operation
    }

    /// A registration as a bare longterm lookup, its end as that one's.
    private func asLookup(_ operation: Operation) throws(Lack) -> Operation {
        var operation = operation
        switch operation.kind {
        case .register:
            operation.kind = .pin
            operation.flags = operation.flags.contains(.localWrite) ? [.longterm, .write] : .longterm
        case .deregister:
            operation.kind = .unpin
            operation.flags = []
        case .pin where operation.flags.isDisjoint(with: [.plain, .fixedBuffer]):
            guard operation.flags.contains(.longterm), operation.flags.isDisjoint(with: [.force, .peerToPeer]) else {
                throw Lack(reason: "a lookup of user pages that is not for long, or forced")
            }
        case .deviceWrite where !isFixedBuffer(operation.region):
            throw Lack(reason: "writing through the kernel's test of pins, which only reads")
        default: break
        }
        return operation
    }

    private func isFixedBuffer(_ region: RegionID) -> Bool {
        scenario.program.parts.contains { part in
            part.operations.contains { $0.kind == .pin && $0.flags.contains(.fixedBuffer) && $0.region == region }
        }
    }

    /// On-demand registrations stay what they are; the mirror knows no others, and no rights of a key.
    private func asMirror(_ operation: Operation) throws(Lack) -> Operation {
        switch operation.kind {
        case .register:
            guard operation.flags.contains(.onDemand) else { throw Lack(reason: "a registration that is not on demand: needs another device") }
        case .pin where operation.flags.isDisjoint(with: [.plain, .fixedBuffer]):
            throw Lack(reason: "a lookup of user pages that is not a fixed buffer's: needs another device")
        case .deviceRead where !isAllowed(.remoteRead, operation.region), .deviceWrite where !isAllowed(.remoteWrite, operation.region):
            throw Lack(reason: "an access that the key forbids: needs a verbs device")
        default: break
        }
        return operation
    }

    /// Whether every registration of a region gives its peers this right; of what is no registration, true.
    private func isAllowed(_ right: OperationFlags, _ region: RegionID) -> Bool {
        scenario.program.parts.allSatisfy { part in
            part.operations.allSatisfy { $0.kind != .register || $0.region != region || $0.flags.contains(right) }
        }
    }

    private func checkMemory() throws(Lack) {
        for process in 0..<scenario.processes.count {
            for page in 0..<Bounds.pages {
                guard let layout = scenario.initial.layout(ProcessID(process), PageNumber(page)) else { continue }
                if layout.zone != .normal { throw Lack(reason: "memory of a special zone") }
                if !layout.flags.contains(.mayWrite), !layout.mapping.isShared {
                    throw Lack(reason: "a private mapping that may never become writable")
                }
                guard let backing = layout.mapping.backing else { continue }
                let kind = scenario.initial.backing(backing).kind
                guard [.sharedMemory, .trackedFile, .peerToPeer, .hugePages].contains(kind) else {
                    throw Lack(reason: "an object that this machine lacks")
                }
            }
        }
        try checkController()
        if scenario.initial.hasAreaLimit { throw Lack(reason: "a limit of areas") }
    }

    /// The kernel charges a huge page once a ring, and the host has a ring for each buffer.
    private func checkRings() throws(Lack) {
        guard grid.isScaled else { return }
        var seen: [[Int]: RegionID] = [:]
        for operation in scenario.program.parts.flatMap(\.operations) where operation.kind == .pin && operation.flags.contains(.fixedBuffer) {
            for folio in Set((operation.page.index..<operation.page.index + operation.pageCount).map { [operation.process.index, $0 / 2] }) {
                if let other = seen.updateValue(operation.region, forKey: folio), other != operation.region {
                    throw Lack(reason: "two fixed buffers of one huge page: the host has a ring for each")
                }
            }
        }
    }

    /// What a limit forbids the host. Some kernels charge a ring to its user: a process that is born under a limit could not
    /// make one. And a limit that leaves room for what a verbs device needs leaves that room to rings too.
    private func checkLimits() throws(Lack) {
        let processes = scenario.processes.indices.map { ProcessID($0) }
        guard processes.contains(where: { scenario.initial[.process($0, .lockLimit)] != KernelState.unlimited }) else { return }
        for operation in scenario.program.parts.flatMap(\.operations) {
            switch (device, operation.kind) {
            case (.verbs, .pin) where operation.flags.contains(.fixedBuffer): throw Lack(reason: "a fixed buffer under a limit: needs io_uring alone")
            case (.pinTest, .register),
                (.pinTest, .pin) where operation.flags.isDisjoint(with: [.plain, .fixedBuffer]):
                throw Lack(reason: "a registration under a limit: the kernel's test of pins charges nobody")
            case (.mirror, .register), (_, .migrateToDevice), (_, .migrateToSystem):
                throw Lack(reason: "HMM's test device in a process under a limit, which is not root's")
            case (.fixedBuffers, .register), (.fixedBuffers, .pin), (.pinTest, .pin), (.mirror, .pin):
                if operation.flags.contains(.plain) || scenario.initial.lives(operation.process) { continue }
                throw Lack(reason: "a fixed buffer of a process that is born under a limit")
            default: continue
            }
        }
    }

    private static func need(_ operation: Operation) -> String {
        switch operation.kind {
        case .hint: "a hint of the NUMA balancer, which comes when it comes"
        case .migrateToDevice: "memory of a device that processors reach: TEST_HMM has it where the boot set some aside"
        case .bufferMove, .bufferRevoke: "a peer-to-peer provider"
        case .memoryFailure: "failing memory"
        case .kernelMap, .kernelUnmap, .kernelUse, .kernelFlush, .kernelAlias, .kernelAliasFreed, .kernelTemporaryUse: "exclusive page ownership, which no kernel has"
        case .busSend, .busRequest, .busReply, .busReceive, .busRelease, .busDestroy, .busDrop, .busDisconnect: "the message bus, which no kernel has"
        case .passDescriptor, .closeDescriptor: "passing of a registration's descriptor"
        case .resetQueue, .deviceRead, .deviceWrite: "a verbs device"
        case .map, .protect: "a flag of mmap or mprotect that no kernel has"
        case .truncate: "truncation of such an object"
        default: "a call that the host's actors do not make"
        }
    }
}
