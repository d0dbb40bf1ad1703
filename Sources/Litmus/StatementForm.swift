// StatementForm.swift - the statements of an actor's program, as a table.
//
// Owns: keyword, operands and options of each. The grammar in litmus/README.md follows this table.
import KernelMemory

/// One statement: its keyword, what follows it, what may follow that.
struct StatementForm: Sendable {
    enum Operand: Equatable, Sendable {
        case page, pages, value, secondValue, child, process, region, regionPage, target, secondPage, object, mapping, zone
        case actor, mark, variable, peer, otherPeer, amount, passedHandle, descriptors, otherMemory, boundPage
        case word(String)
    }

    let name: String
    let kind: OperationKind
    let operands: [Operand]
    var options: [String: OperationFlags] = [:]
    /// Options that are always on.
    var flags: OperationFlags = []
    var needsProcess = true
    /// `offset BYTES length BYTES` may follow.
    var takesBytes = false

    static func named(_ name: String) -> StatementForm? { all.first { $0.name == name } }

    private static let rights: [String: OperationFlags] = [
        "local-write": .localWrite, "remote-write": .remoteWrite, "remote-read": .remoteRead, "relaxed-ordering": .relaxedOrdering,
        "gift": .gift, "on-demand": .onDemand, "fork-protected": .forkProtected, "dma-buf": .dmaBuffer, "pinned": .pinnedImport,
        "window-bind": .windowBind,
    ]
    private static let lookups: [String: OperationFlags] = [
        "write": .write, "force": .force, "longterm": .longterm, "fast": .fast, "p2p": .peerToPeer,
    ]
    private static let protections: [String: OperationFlags] = [
        "read": .readable, "write": .writable, "dontcopy": .dontCopy,
    ]

    private static let message: [Operand] = [.peer, .word("to"), .otherPeer, .word("charge"), .amount, .passedHandle, .descriptors]

    static let all: [StatementForm] = [
        StatementForm(name: "read", kind: .read, operands: [.page]),
        StatementForm(name: "write", kind: .write, operands: [.page, .value]),
        StatementForm(name: "fork", kind: .fork, operands: [.child]),
        StatementForm(name: "exit", kind: .exit, operands: []),
        StatementForm(name: "mmap", kind: .map, operands: [.pages, .mapping], options: protections.merging(["read-only-file": .readOnlyFile]) { $1 }),
        StatementForm(name: "munmap", kind: .unmap, operands: [.pages]),
        StatementForm(name: "mprotect", kind: .protect, operands: [.pages], options: protections),
        StatementForm(name: "mremap", kind: .remap, operands: [.pages, .target]),
        StatementForm(name: "mlock", kind: .lock, operands: [.pages]),
        StatementForm(name: "munlock", kind: .unlock, operands: [.pages]),
        StatementForm(name: "dontneed", kind: .adviseDontNeed, operands: [.pages]),
        StatementForm(name: "dontfork", kind: .adviseDontFork, operands: [.pages]),
        StatementForm(name: "dofork", kind: .adviseDoFork, operands: [.pages]),
        StatementForm(name: "wipeonfork", kind: .adviseWipeOnFork, operands: [.pages]),
        StatementForm(name: "remove", kind: .adviseRemove, operands: [.pages]),
        StatementForm(name: "pageout", kind: .advisePageOut, operands: [.page]),
        StatementForm(name: "collapse", kind: .adviseCollapse, operands: [.pages]),
        StatementForm(name: "clear-soft-dirty", kind: .clearSoftDirty, operands: []),
        StatementForm(name: "register", kind: .register, operands: [.region, .pages], options: rights, takesBytes: true),
        StatementForm(name: "reregister", kind: .reregister, operands: [.region, .otherMemory], options: rights),
        StatementForm(name: "deregister", kind: .deregister, operands: [.region]),
        StatementForm(name: "deregister-protected", kind: .deregister, operands: [.region, .pages], flags: .forkProtected),
        StatementForm(name: "pin", kind: .pin, operands: [.region, .pages], options: lookups),
        StatementForm(name: "unpin", kind: .unpin, operands: [.region]),
        StatementForm(name: "vmsplice", kind: .pin, operands: [.region, .pages], flags: .plain),
        StatementForm(
            name: "io-uring-register", kind: .pin, operands: [.region, .pages], options: ["second-ring": .secondRing], flags: .fixedBuffer),
        StatementForm(
            name: "bind", kind: .bindWindow, operands: [.region, .word("to"), .boundPage],
            options: ["remote-write": .remoteWrite, "remote-read": .remoteRead, "type-2": .secondType], needsProcess: false),
        StatementForm(name: "invalidate", kind: .invalidateWindow, operands: [.region], needsProcess: false),
        StatementForm(name: "pass", kind: .passDescriptor, operands: [.region, .word("to"), .process]),
        StatementForm(name: "close", kind: .closeDescriptor, operands: [.region]),
        StatementForm(name: "dma-read", kind: .deviceRead, operands: [.regionPage], options: ["local": .local], needsProcess: false),
        StatementForm(
            name: "dma-write", kind: .deviceWrite, operands: [.regionPage, .secondValue], options: ["local": .local],
            needsProcess: false),
        StatementForm(name: "reset-queue", kind: .resetQueue, operands: [.region], needsProcess: false),
        StatementForm(name: "swap-out", kind: .swapOut, operands: [.page], needsProcess: false),
        StatementForm(name: "migrate", kind: .migrate, operands: [.page], needsProcess: false),
        StatementForm(name: "migrate-to", kind: .migrateToDevice, operands: [.zone, .page], needsProcess: false),
        StatementForm(name: "migrate-back", kind: .migrateToSystem, operands: [.page], needsProcess: false),
        StatementForm(name: "merge", kind: .mergeSame, operands: [.page, .secondPage], needsProcess: false),
        StatementForm(name: "truncate", kind: .truncate, operands: [.object], needsProcess: false),
        StatementForm(name: "write-back", kind: .writeBack, operands: [.object], needsProcess: false),
        StatementForm(name: "reclaim-file", kind: .reclaimFile, operands: [.object], needsProcess: false),
        StatementForm(name: "numa-hint", kind: .hint, operands: [.page], needsProcess: false),
        StatementForm(name: "memory-failure", kind: .memoryFailure, operands: [.page], needsProcess: false),
        StatementForm(name: "unbind", kind: .unbindProvider, operands: [], needsProcess: false),
        StatementForm(name: "buffer-move", kind: .bufferMove, operands: [.object], needsProcess: false),
        StatementForm(name: "buffer-revoke", kind: .bufferRevoke, operands: [.region], needsProcess: false),
        StatementForm(name: "kmap", kind: .kernelMap, operands: [.page], needsProcess: false),
        StatementForm(name: "kunmap", kind: .kernelUnmap, operands: [.page], needsProcess: false),
        StatementForm(name: "kernel-use", kind: .kernelUse, operands: [.page], needsProcess: false),
        StatementForm(name: "flush-translations", kind: .kernelFlush, operands: [], needsProcess: false),
        StatementForm(name: "ret2dir", kind: .kernelAlias, operands: [.page, .value], needsProcess: false),
        StatementForm(name: "temporary-use", kind: .kernelTemporaryUse, operands: [.page], needsProcess: false),
        StatementForm(name: "ret2dir-freed", kind: .kernelAliasFreed, operands: [.value], needsProcess: false),
        StatementForm(name: "send", kind: .busSend, operands: message, needsProcess: false),
        StatementForm(
            name: "request", kind: .busRequest, operands: message, needsProcess: false),
        StatementForm(name: "reply", kind: .busReply, operands: message, needsProcess: false),
        StatementForm(name: "receive", kind: .busReceive, operands: [.peer], needsProcess: false),
        StatementForm(name: "release", kind: .busRelease, operands: [.peer], needsProcess: false),
        StatementForm(name: "destroy-node", kind: .busDestroy, operands: [.peer], needsProcess: false),
        StatementForm(name: "drop-handle", kind: .busDrop, operands: [.peer, .word("of"), .otherPeer], needsProcess: false),
        StatementForm(name: "disconnect", kind: .busDisconnect, operands: [.peer], needsProcess: false),
        StatementForm(name: "await", kind: .await, operands: [.actor], needsProcess: false),
        StatementForm(name: "mark", kind: .mark, operands: [.mark], needsProcess: false),
        StatementForm(name: "stop-unless-ok", kind: .failIf, operands: [.variable], needsProcess: false),
    ]
}
