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

    /// What a reregistration may change. One property, so that it is read at once: each read of one is checked at run time.
    struct Facts {
        var domain: ProtectionDomain
        var access: AccessFlags
        var key: MemoryKey
        var backing: Backing
    }

    var facts: Facts
    private let deviceByteCount: UInt64
    let lock = PrivateLock()

    public var domain: ProtectionDomain { facts.domain }
    public var access: AccessFlags { facts.access }
    public var key: MemoryKey { facts.key }
    var process: DeviceProcess { facts.domain.process }

    init(domain: ProtectionDomain, request: MemoryRegistrationRequest) throws(VerbsErrno) {
        try Self.checkRoom(domain)
        let process = domain.process
        let memory = try RegisteredMemory(request, pages: process.memlock.admit(request), in: process)
        guard let key = Self.publish(memory, in: domain, access: request.access) else {
            memory.release(in: process)
            throw .noMemory
        }
        facts = Facts(domain: domain, access: request.access, key: key, backing: .memory(memory))
        deviceByteCount = 0
        Self.count(in: domain)
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
        facts = Facts(domain: domain, access: access, key: key, backing: .device(memory))
        deviceByteCount = byteCount
        memory.dependents.wrappingAdd(1, ordering: .relaxed)
        Self.count(in: domain)
    }

    /// Part of memory that a descriptor stands for.
    init(domain: ProtectionDomain, memory: DescriptorMemory, deviceAddress: UInt64, access: AccessFlags) throws(VerbsErrno) {
        try Self.checkRoom(domain)
        guard
            let key = domain.process.keys.publish(
                start: memory.address, byteCount: memory.byteCount, virtualStart: deviceAddress,
                protectionDomain: domain.number, access: access, file: memory.sharedFile)
        else { throw .noMemory }
        facts = Facts(domain: domain, access: access, key: key, backing: .descriptor(memory))
        deviceByteCount = memory.byteCount
        Self.count(in: domain)
    }

    /// Memory that is none: of every address and length, for local use only.
    init(nullIn domain: ProtectionDomain) throws(VerbsErrno) {
        try Self.checkRoom(domain)
        guard
            let key = domain.process.keys.publish(
                start: 0, byteCount: .max, virtualStart: 0, protectionDomain: domain.number, access: [.localWrite, .null],
                file: nil)
        else { throw .noMemory }
        facts = Facts(domain: domain, access: .localWrite, key: key, backing: .null)
        deviceByteCount = 0
        Self.count(in: domain)
    }

    /// A region of another opening of a device: of this process, and then with its own key, or of another one.
    init(importing object: ImportableObject, of origin: ImportOrigin, into domain: ProtectionDomain) throws(VerbsErrno) {
        let descriptor = object.descriptor
        deviceByteCount = descriptor.length
        if origin.peer.isItself {
            facts = Facts(domain: domain, access: object.access, key: object.key, backing: .imported(nil))
            domain.addDependent()
            return
        }
        try Self.checkRoom(domain)
        let (key, backing) = try Self.publish(object, of: origin, in: domain)
        facts = Facts(domain: domain, access: object.access, key: key, backing: backing)
        Self.count(in: domain)
    }

    private static func publish(
        _ object: ImportableObject, of origin: ImportOrigin, in domain: ProtectionDomain
    ) throws(VerbsErrno) -> (MemoryKey, Backing) {
        let (process, descriptor) = (domain.process, object.descriptor)
        let isNull = descriptor.access.contains(.null)
        guard isNull || descriptor.length <= FrameAddress.holdBytesMax else { throw .notSupported }
        let far = isNull ? nil : process.far.enter(ImportedMemory(object, of: origin, in: process))
        let key = isNull || far != nil
            ? process.keys.publish(
                start: far?.rawValue ?? 0, byteCount: descriptor.length, virtualStart: descriptor.start,
                protectionDomain: domain.number, access: object.access.union(.deviceMemory), file: nil) : nil
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
        let process = domain.process
        let isWatched = process.stale != nil && !access.contains(.onDemand)
        let key = process.keys.publish(
            start: memory.start, byteCount: memory.byteCount, virtualStart: memory.request.deviceAddress,
            protectionDomain: domain.number, access: isWatched ? access.union(.watched) : access, file: memory.sharedFile)
        if isWatched, let key { process.stale?.watch(key, memory.request) }
        return key
    }

    private static func count(in domain: ProtectionDomain) {
        domain.addDependent()
        domain.process.view.header.regions.add(1)
    }

    public var isNull: Bool { if case .null = facts.backing { true } else { false } }

    /// Where it is in the process, or in what a descriptor stands for; 0 where it is in neither.
    public var address: UInt64 {
        switch facts.backing {
        case .memory(let memory): memory.request.address
        case .descriptor(let memory): memory.offset
        case .device, .imported, .null: 0
        }
    }

    public var byteCount: UInt64 {
        switch facts.backing {
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
        let facts = self.facts
        let process = facts.domain.process
        if case .imported(nil) = facts.backing { return facts.domain.removeDependent() }
        // Windows are bound where this right was given, and a region that has one cannot lose it.
        if facts.access.contains(.memoryWindowBind), process.windows.hasWindow(boundTo: facts.key, process) { throw .busy }
        Self.withdraw(facts, in: process)
        switch facts.backing {
        case .memory(let memory): memory.release(in: process)
        case .device(let memory): memory.dependents.wrappingSubtract(1, ordering: .releasing)
        case .descriptor(let memory): memory.release(in: process)
        case .imported(let far): if let far { process.far.leave(far) }
        case .null: break
        }
        process.view.header.regions.add(UInt32.max)
        facts.domain.removeDependent()
    }

    /// Ends a key: what has been sent to it is in place, and nobody acts under it any more.
    static func withdraw(_ facts: Facts, in process: DeviceProcess) {
        process.stale?.forget(facts.key)
        if facts.access.contains(.localWrite) { process.settleReceives() }
        process.keys.end(facts.key) { process.waitForPosters() }
    }
}
