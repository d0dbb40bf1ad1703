// MemoryRegion.swift - a registration: memory under a key.
//
// Owns: the key, and what is behind it: the program's memory (RegisteredMemory), somebody else's (DescriptorMemory,
// ImportedMemory), device memory, or nothing.
// Spec: IBA vol 1, 10.6.   C: struct ibv_mr; ibv_reg_mr(3), with the kernel's order of checks (Verbs).
// Locking: `lock` guards what a reregistration changes; withdrawing a key waits for peers, see KeyTable.

import Fabric
import Platform
import Verbs

/// A registered range of memory.
public final class MemoryRegion: @unchecked Sendable {
    /// What the key stands for.
    enum Backing {
        case memory(RegisteredMemory)
        case device(DeviceMemory)
        case descriptor(DescriptorMemory)
        /// Another process's, under a key of ours; nil: this process's own, whose key it is.
        case imported(FrameAddress?)
        /// Reads give zeroes, writes go nowhere.
        case null
    }

    public internal(set) var domain: ProtectionDomain
    public internal(set) var access: AccessFlags
    public internal(set) var key: MemoryKey
    private let deviceByteCount: UInt64
    var backing: Backing
    let lock = PrivateLock()

    init(domain: ProtectionDomain, request: MemoryRegistrationRequest) throws(VerbsErrno) {
        try Self.checkRoom(domain)
        let process = domain.process
        let memory = try RegisteredMemory(request, pages: process.memlock.admit(request), in: process)
        guard let key = Self.publish(memory, in: domain, access: request.access) else {
            memory.release(in: process)
            throw .noMemory
        }
        self.key = key
        self.domain = domain
        access = request.access
        deviceByteCount = 0
        backing = .memory(memory)
        register()
    }

    /// Part of device memory: nothing of the program's is locked or charged.
    init(
        domain: ProtectionDomain, memory: DeviceMemory, offset: UInt64, byteCount: UInt64, access: AccessFlags
    ) throws(VerbsErrno) {
        guard memory.context === domain.context else { throw .invalidArgument }
        try MemoryRegistrationRules.checkDeviceMemory(
            offset: offset, length: byteCount, access: access, byteCount: memory.byteCount)
        try Self.checkRoom(domain)
        guard
            let key = domain.process.keys.publish(
                start: memory.address + offset, byteCount: byteCount, virtualStart: 0,
                protectionDomain: domain.number, access: access.union(.deviceMemory), file: nil)
        else { throw .noMemory }
        self.key = key
        self.domain = domain
        self.access = access
        deviceByteCount = byteCount
        backing = .device(memory)
        memory.dependents.wrappingAdd(1, ordering: .relaxed)
        register()
    }

    /// Part of memory that a descriptor stands for.
    init(domain: ProtectionDomain, memory: DescriptorMemory, deviceAddress: UInt64, access: AccessFlags) throws(VerbsErrno) {
        try Self.checkRoom(domain)
        guard
            let key = domain.process.keys.publish(
                start: memory.address, byteCount: memory.byteCount, virtualStart: deviceAddress,
                protectionDomain: domain.number, access: access, file: memory.sharedFile)
        else { throw .noMemory }
        self.key = key
        self.domain = domain
        self.access = access
        deviceByteCount = memory.byteCount
        backing = .descriptor(memory)
        register()
    }

    /// Memory that is none: of every address and length, for local use only.
    init(nullIn domain: ProtectionDomain) throws(VerbsErrno) {
        try Self.checkRoom(domain)
        guard
            let key = domain.process.keys.publish(
                start: 0, byteCount: .max, virtualStart: 0, protectionDomain: domain.number, access: [.localWrite, .null],
                file: nil)
        else { throw .noMemory }
        self.key = key
        self.domain = domain
        access = .localWrite
        deviceByteCount = 0
        backing = .null
        register()
    }

    /// A region of another opening of a device: of this process, and then with its own key, or of another one. Its atomics would
    /// not be atomic with those that reach the owner, so that right stays with the owner.
    init(importing object: ImportableObject, of origin: ImportOrigin, into domain: ProtectionDomain) throws(VerbsErrno) {
        let descriptor = object.descriptor
        if origin.peer.isItself {
            key = object.key
            access = descriptor.access
            backing = .imported(nil)
        } else {
            try Self.checkRoom(domain)
            let rights = descriptor.access.subtracting(.remoteAtomic)
            (key, backing) = try Self.publish(object, rights, of: origin, in: domain)
            access = rights
            domain.process.view.header.regions.add(1)
        }
        self.domain = domain
        deviceByteCount = descriptor.length
        domain.addDependent()
    }

    private static func publish(
        _ object: ImportableObject, _ access: AccessFlags, of origin: ImportOrigin, in domain: ProtectionDomain
    ) throws(VerbsErrno) -> (MemoryKey, Backing) {
        let (process, descriptor) = (domain.process, object.descriptor)
        let isNull = access.contains(.null)
        guard isNull || descriptor.length <= FrameAddress.holdBytesMax else { throw .notSupported }
        let far = isNull ? nil : process.far.enter(ImportedMemory(object, of: origin, in: process))
        let key = isNull || far != nil
            ? process.keys.publish(
                start: far?.rawValue ?? 0, byteCount: descriptor.length, virtualStart: descriptor.start,
                protectionDomain: domain.number, access: access.union(.deviceMemory), file: nil) : nil
        guard let key else {
            if let far { process.far.leave(far) }
            throw .noMemory
        }
        return (key, isNull ? .null : .imported(far))
    }

    private static func checkRoom(_ domain: ProtectionDomain) throws(VerbsErrno) {
        try CreationRules.checkRoom(
            existing: domain.process.view.header.regions.load(), maximum: domain.context.limits.maxMemoryRegions)
    }

    static func publish(
        _ memory: RegisteredMemory, in domain: ProtectionDomain, access: AccessFlags
    ) -> MemoryKey? {
        let key = domain.process.keys.publish(
            start: memory.start, byteCount: memory.byteCount, virtualStart: memory.request.deviceAddress,
            protectionDomain: domain.number, access: access, file: memory.sharedFile)
        if let key { domain.process.stale?.watch(key, memory.request) }
        return key
    }

    private func register() {
        domain.addDependent()
        domain.process.view.header.regions.add(1)
    }

    public var isNull: Bool { if case .null = backing { true } else { false } }

    /// Where it is in the process, or in what a descriptor stands for; 0 where it is in neither.
    public var address: UInt64 {
        switch backing {
        case .memory(let memory): memory.request.address
        case .descriptor(let memory): memory.offset
        case .device, .imported, .null: 0
        }
    }

    public var byteCount: UInt64 {
        switch backing {
        case .memory(let memory): memory.request.length
        case .device, .descriptor, .imported: deviceByteCount
        case .null: .max
        }
    }

    /// Withdraws the key. When this returns nobody acts under it any more. EBUSY while a memory window is bound to it. An imported
    /// region stays with its owner.
    public func deregister() throws(VerbsErrno) {
        lock.acquire()
        defer { lock.release() }
        let process = domain.process
        if case .imported(nil) = backing { return domain.removeDependent() }
        guard !process.windows.hasWindow(boundTo: key, process) else { throw .busy }
        withdraw(key)
        switch backing {
        case .memory(let memory): memory.release(in: process)
        case .device(let memory): memory.dependents.wrappingSubtract(1, ordering: .releasing)
        case .descriptor(let memory): memory.release(in: process)
        case .imported(let far): if let far { process.far.leave(far) }
        case .null: break
        }
        process.view.header.regions.add(UInt32.max)
        domain.removeDependent()
    }

    /// Ends a key: what has been sent to it is in place, and nobody acts under it any more.
    func withdraw(_ key: MemoryKey) {
        let process = domain.process
        process.stale?.forget(key)
        if access.contains(.localWrite) { process.settleReceives() }
        if process.keys.invalidate(key) { process.waitForPosters() }
        process.keys.release(key)
    }
}
