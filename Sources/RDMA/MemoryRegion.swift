// MemoryRegion.swift - registered memory, and the memory itself.
//
// Owns: the pages and their registration; both end together, the registration first. Does not: synchronise with peers:
// what a peer writes appears when it appears.
// Spec: IBA vol 1, 10.6.   C: struct ibv_mr; ibv_reg_mr(3).
// Locking: none. Peers of other processes change this memory at any time, so no lock of ours could help.

internal import Device
import Platform
import Synchronization
@_exported public import struct Verbs.AccessFlags
@_exported public import struct Verbs.MemoryKey
import Verbs

/// Memory that the device, and peers as far as its rights go, may read and write.
///
/// A region is the memory and its registration in one: made by ``ProtectionDomain/makeMemoryRegion(byteCount:access:)``,
/// gone when the value ends. The compiler sees to it that no view of the memory (``bytes``, ``mutableBytes``) outlives the
/// region. What it cannot see is a request on the way: a region that
/// ends before its request completes makes that request fail with `localProtectionError`; its bytes are never reused under
/// the request's feet.
///
/// Use ``bytes`` and ``mutableBytes`` while no peer writes there; use ``load(_:at:)`` and ``store(_:at:)`` for words that a
/// peer may change at the same time.
@safe
public struct MemoryRegion: ~Copyable, @unchecked Sendable {
    private let memory: Mapping
    private let core: Device::MemoryRegion
    let domain: DomainShare
    /// The size in bytes.
    public let byteCount: Int
    /// Whoever knows the key and the address may use the memory as far as ``access`` allows.
    public let key: MemoryKey
    /// Where the memory is, as work requests name it.
    let address: UInt64

    init(domain: DomainShare, byteCount: Int, access: AccessFlags) throws(RDMAError) {
        try domain.device.checkOwner(.memoryRegion)
        guard byteCount > 0 else {
            throw RDMAError(
                .memoryRegion, .invalidArgument, rule: "a region has at least one byte, and \(byteCount) were asked for",
                remedy: "Ask for a positive number of bytes")
        }
        let memory = try Self.map(byteCount)
        let address = unsafe UInt64(UInt(bitPattern: memory.base))
        core = try Self.register(domain, address: address, byteCount: byteCount, access: access)
        self.memory = memory
        self.domain = domain
        self.byteCount = byteCount
        self.address = address
        key = core.key
    }

    private static func map(_ byteCount: Int) throws(RDMAError) -> Mapping {
        do throws(SystemError) {
            let file = try SharedMemory.create(byteCount: byteCount)
            let mapping = try Mapping.shared(descriptor: file.number, byteCount: byteCount)
            mapping.keepFromChildren()
            return mapping
        } catch {
            throw RDMAError(
                .memoryRegion, errno: VerbsErrno(rawValue: error.number), rule: "\(byteCount) bytes cannot be mapped",
                remedy: "Ask for fewer bytes")
        }
    }

    private static func register(
        _ domain: DomainShare, address: UInt64, byteCount: Int, access: AccessFlags
    ) throws(RDMAError) -> Device::MemoryRegion {
        do throws(VerbsErrno) {
            return try domain.core.registerMemory(
                address: address, byteCount: UInt64(byteCount), ioVirtualAddress: address, access: access)
        } catch {
            throw RDMAError(
                .memoryRegion, errno: error,
                rule: "peers may change only memory with .localWrite, and every right must be a known one",
                remedy: "Add .localWrite beside .remoteWrite or .remoteAtomic")
        }
    }

    deinit {
        guard domain.device.owner.isOwn else { return }
        // Cannot be refused: nothing depends on a region but requests, and those fail.
        try? core.deregister()
    }

    /// What may be done with the memory.
    public var access: AccessFlags { core.access }

    /// The name of the whole region for peers: send it to them, as text or otherwise.
    public var remote: RemoteMemory { RemoteMemory(address: address, byteCount: byteCount, key: key) }

    /// Ends the region now: when this returns, no peer acts on the memory any more.
    ///
    /// Without this call the region ends where its variable does.
    public consuming func deregister() {}

    /// The pages, for the views in `MemoryRegion+Bytes`.
    var base: UnsafeMutableRawPointer { unsafe memory.base }
}
