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

    static var pageBytes: UInt64 { 4096 }

    static func address(_ page: Int) -> UInt64 { HostCommand.base + UInt64(page) * pageBytes }

    /// Why a scenario cannot be run; thrown by the initializer.
    struct Lack: Error {
        let reason: String
    }

    static func make(_ scenario: Scenario, device: HostDevice) -> Result<HostPlan, Lack> {
        do throws(Lack) { return .success(try HostPlan(scenario, device: device)) } catch { return .failure(error) }
    }

    private init(_ scenario: Scenario, device: HostDevice) throws(Lack) {
        self.scenario = scenario
        try checkMemory()
        for part in scenario.program.parts.indices {
            for place in scenario.program.parts[part].operations.indices {
                let operation = scenario.program.parts[part].operations[place]
                let translated = try translate(operation, in: part)
                self.scenario.program.parts[part].operations[place] = translated
                if translated.kind != .register, HostCommand(translated, scenario) == nil, !Self.isControl(translated.kind) {
                    throw Lack(reason: Self.need(translated))
                }
            }
        }
    }

    static func isControl(_ kind: OperationKind) -> Bool { [.await, .awaitMark, .mark, .failIf].contains(kind) }

    private func isPipe(_ region: RegionID) -> Bool {
        scenario.program.parts.contains { part in
            part.operations.contains { $0.kind == .pin && $0.flags.contains(.plain) && $0.region == region }
        }
    }

    /// A registration as a fixed buffer, its end as that one's.
    private func translate(_ operation: Operation, in part: Int) throws(Lack) -> Operation {
        var operation = operation
        let special: OperationFlags = [.gift, .onDemand, .dmaBuffer, .pinnedImport, .forkProtected]
        switch operation.kind {
        case .register:
            guard operation.flags.isDisjoint(with: special) else { throw Lack(reason: "a registration of a kind that no host device has") }
            guard operation.flags.contains(.localWrite) else { throw Lack(reason: "a read-only registration: needs a verbs device") }
            guard operation.argument == 0 else { throw Lack(reason: "a registration of bytes: needs a verbs device") }
            operation.kind = .pin
            operation.flags = .fixedBuffer
        case .deregister:
            guard operation.flags.isDisjoint(with: special) else { throw Lack(reason: "fork protection by a library") }
            operation.kind = .unpin
            operation.flags = []
        case .pin where operation.flags.isDisjoint(with: [.plain, .fixedBuffer]):
            throw Lack(reason: "a bare lookup of user pages: needs the kernel's GUP_TEST")
        case .deviceWrite where isPipe(operation.region): throw Lack(reason: "writing through a pipe's references")
        case .reregister: throw Lack(reason: "re-registration: needs a verbs device")
        default: break
        }
        return operation
    }

    private func checkMemory() throws(Lack) {
        for process in 0..<scenario.processes.count {
            for page in 0..<Bounds.pages {
                guard let layout = scenario.initial.layout(ProcessID(process), PageNumber(page)) else { continue }
                if layout.mapping.isHuge { throw Lack(reason: "huge pages") }
                if layout.zone != .normal { throw Lack(reason: "memory of a special zone") }
                if !layout.flags.contains(.mayWrite) { throw Lack(reason: "a mapping that may never become writable") }
                guard let backing = layout.mapping.backing else { continue }
                let kind = scenario.initial.backing(backing).kind
                guard kind == .sharedMemory || kind == .trackedFile else { throw Lack(reason: "an object that this machine lacks") }
            }
        }
        if scenario.initial.hasAreaLimit { throw Lack(reason: "a limit of areas") }
    }

    private static func need(_ operation: Operation) -> String {
        switch operation.kind {
        case .advisePageOut, .swapOut: "paging out: needs swap space"
        case .adviseCollapse: "huge pages"
        case .mergeSame: "merging of same pages"
        case .migrate, .hint: "migration: needs several NUMA nodes"
        case .migrateToDevice, .migrateToSystem: "memory on a device"
        case .unbindProvider, .bufferMove, .bufferRevoke: "a peer-to-peer provider"
        case .memoryFailure: "failing memory"
        case .kernelMap, .kernelUnmap, .kernelAlias: "exclusive page ownership, which no kernel has"
        case .busSend, .busRequest, .busReply, .busReceive, .busRelease, .busDestroy: "the message bus, which no kernel has"
        case .passDescriptor, .closeDescriptor: "passing of a registration's descriptor"
        case .resetQueue, .deviceRead, .deviceWrite: "a verbs device"
        case .map, .protect: "a flag of mmap or mprotect that no kernel has"
        case .truncate: "truncation of such an object"
        default: "a call that the host's actors do not make"
        }
    }
}
