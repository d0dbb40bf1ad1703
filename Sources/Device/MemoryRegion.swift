// MemoryRegion.swift - a registration: a range of this process's memory under a key.
//
// Owns: the key, the charge, and by frame what holds the frames (MemoryRegion+Frames). By address the device follows the
// process's mappings as they are when accessed.
// Spec: IBA vol 1, 10.6.   C: struct ibv_mr; ibv_reg_mr(3), with the kernel's order of checks (Verbs).
// Locking: the process's account lock; withdrawing waits for peers, see KeyTable.

import Fabric
import Platform
import Verbs

/// A registered range of memory.
public final class MemoryRegion: @unchecked Sendable {
    public let domain: ProtectionDomain
    public let address: UInt64
    public let byteCount: UInt64
    /// The address at which work requests name the first byte.
    public let ioVirtualAddress: UInt64
    public let access: AccessFlags
    /// Both keys of a region are equal here.
    public let key: MemoryKey
    private let pages: UInt64
    /// The file behind shared memory: peers map it too, and need no system call to reach it.
    private let file: OwnedDescriptor?
    private let deviceMemory: DeviceMemory?
    /// What holds the memory's frames; nil where the device follows the process's mappings.
    private let frames: FrameAddress?

    init(domain: ProtectionDomain, request: MemoryRegistrationRequest) throws(VerbsErrno) {
        let process = domain.process
        try CreationRules.checkRoom(
            existing: process.view.header.regions.load(), maximum: domain.context.limits.maxMemoryRegions)
        let pages = try process.memlock.admit(request)
        let held: (rights: MappedRights, frames: FrameAddress?)
        do throws(VerbsErrno) {
            // What is mapped when an on-demand region is accessed counts, and it may be another mapping then.
            let rights = request.access.contains(.onDemand) ? [] : try Self.checkMapped(request)
            held = (rights, try Self.hold(request, mapped: rights, in: process))
        } catch {
            process.memlock.uncharge(pages: pages)
            throw error
        }
        let shared = held.frames == nil && held.rights.isSuperset(of: [.shared, .writable])
            ? SharedFile.behind(start: request.address, byteCount: request.length) : nil
        file = shared.map { OwnedDescriptor(adopting: $0.descriptor) }
        frames = held.frames
        guard
            let key = process.keys.publish(
                start: held.frames?.rawValue ?? request.address, byteCount: request.length,
                virtualStart: request.deviceAddress, protectionDomain: domain.number, access: request.access, file: shared)
        else {
            if let frames = held.frames { process.frames?.release(frames) }
            process.memlock.uncharge(pages: pages)
            throw .noMemory
        }
        self.key = key
        self.domain = domain
        address = request.address
        byteCount = request.length
        ioVirtualAddress = request.deviceAddress
        access = request.access
        self.pages = pages
        deviceMemory = nil
        domain.addDependent()
        process.view.header.regions.add(1)
    }

    /// Part of device memory: nothing of the program's is locked or charged.
    init(
        domain: ProtectionDomain, memory: DeviceMemory, offset: UInt64, byteCount: UInt64, access: AccessFlags
    ) throws(VerbsErrno) {
        guard memory.context === domain.context else { throw .invalidArgument }
        try MemoryRegistrationRules.checkDeviceMemory(
            offset: offset, length: byteCount, access: access, byteCount: memory.byteCount)
        guard
            let key = domain.process.keys.publish(
                start: memory.address + offset, byteCount: byteCount, virtualStart: 0,
                protectionDomain: domain.number, access: access, file: nil)
        else { throw .noMemory }
        self.domain = domain
        self.byteCount = byteCount
        self.access = access
        self.key = key
        address = 0
        ioVirtualAddress = 0
        pages = 0
        file = nil
        frames = nil
        deviceMemory = memory
        memory.dependents.wrappingAdd(1, ordering: .relaxed)
        domain.addDependent()
        domain.process.view.header.regions.add(1)
    }

    public var isDeviceMemory: Bool { deviceMemory != nil }

    /// EFAULT unless the whole range is mapped with the rights that the registration would give away.
    private static func checkMapped(_ request: MemoryRegistrationRequest) throws(VerbsErrno) -> MappedRights {
        var needed: MappedRights = .readable
        if request.access.needsWritableMemory { needed.insert(.writable) }
        guard let rights = MappingQuery.rights(start: request.address, byteCount: request.length),
            rights.isSuperset(of: needed)
        else { throw .badAddress }
        return rights
    }

    /// Withdraws the key. When this returns nobody acts under it any more. EBUSY while a memory window is bound to it.
    public func deregister() throws(VerbsErrno) {
        let process = domain.process
        guard !process.windows.hasWindow(boundTo: key, process) else { throw .busy }
        if access.contains(.localWrite) { process.settleReceives() }
        if process.keys.invalidate(key) { process.waitForPosters() }
        process.keys.release(key)
        if let frames { process.frames?.release(frames) }
        process.memlock.uncharge(pages: pages)
        deviceMemory?.dependents.wrappingSubtract(1, ordering: .releasing)
        process.view.header.regions.add(UInt32.max)
        domain.removeDependent()
    }
}
