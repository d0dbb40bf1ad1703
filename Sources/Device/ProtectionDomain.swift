// ProtectionDomain.swift - what ties queue pairs to the memory they may use.
//
// Owns: its number and the count of what depends on it. Spec: IBA vol 1, 10.2.3.   C: struct ibv_pd.
// Locking: the count is atomic.

import Platform
import Synchronization
import Verbs

/// A protection domain.
public final class ProtectionDomain: @unchecked Sendable {
    public let context: DeviceContext
    public let number: ProtectionDomainNumber
    let process: DeviceProcess
    let dependents = Atomic<Int>(0)
    /// What a parent domain, or an imported one, stands for; nil for a plain domain.
    let base: ProtectionDomain?
    private let thread: ThreadDomain?
    /// The number of it where it was imported from.
    let importedNumber: ProtectionDomainNumber?
    /// What other processes import it by: a plain domain's place among the keys.
    private let handle: MemoryKey?

    /// ENOMEM when the device has no domain left.
    init(context: DeviceContext) throws(VerbsErrno) {
        process = context.process
        try process.protectionDomains.add()
        guard let handle = process.keys.publish(objectAt: 0, byteCount: 0, access: [], context: context.number) else {
            process.protectionDomains.remove()
            throw .noMemory
        }
        self.context = context
        self.handle = handle
        number = ProtectionDomainNumber(rawValue: handle.index)
        base = nil
        thread = nil
        importedNumber = nil
        process.domains.insert(self)
    }

    /// A parent domain: what is made on it belongs to the protection domain that it stands for.
    /// A thread domain allows leaving locks out. None is left out: the agent executes waiting requests beside the thread.
    init(parentOf domain: ProtectionDomain, thread: ThreadDomain?) {
        context = domain.context
        process = domain.process
        number = domain.number
        base = domain
        self.thread = thread
        importedNumber = nil
        handle = nil
        domain.addDependent()
        thread?.addDependent()
    }

    /// Another handle on a domain of the opened device that the context was made from.
    init(importing base: ProtectionDomain, as number: ProtectionDomainNumber, context: DeviceContext) {
        self.context = context
        self.base = base
        process = context.process
        self.number = base.number
        importedNumber = number
        thread = nil
        handle = nil
    }

    var isParent: Bool { base != nil && importedNumber == nil }
    var hasNoDependents: Bool { dependents.load(ordering: .acquiring) == 0 }

    /// EBUSY while regions, queue pairs, shared receive queues, address handles or parent domains depend on it. An imported domain
    /// stays with its owner.
    public func deallocate() throws(VerbsErrno) {
        guard hasNoDependents else { throw .busy }
        if importedNumber != nil { return endImport() }
        if let handle {
            process.domains.remove(number)
            process.endObject(handle)
            process.protectionDomains.remove()
        }
        base?.removeDependent()
        thread?.removeDependent()
    }

    func addDependent() {
        dependents.wrappingAdd(1, ordering: .relaxed)
        // What is made on an imported domain is the domain's own.
        if importedNumber != nil { base?.addDependent() }
    }

    func removeDependent() {
        dependents.wrappingSubtract(1, ordering: .releasing)
        if importedNumber != nil { base?.removeDependent() }
    }

    public func registerMemory(
        address: UInt64, byteCount: UInt64, ioVirtualAddress: UInt64, access: AccessFlags
    ) throws(VerbsErrno) -> MemoryRegion {
        try MemoryRegion(
            domain: self,
            request: MemoryRegistrationRequest(
                address: address, length: byteCount, deviceAddress: ioVirtualAddress, access: access))
    }

    /// A region of every address that discards what is written and reads as zeroes.
    public func allocateNullRegion() throws(VerbsErrno) -> MemoryRegion { try MemoryRegion(nullIn: self) }

    /// Registers part of device memory; its first byte is address 0.
    public func registerDeviceMemory(
        _ memory: DeviceMemory, offset: UInt64, byteCount: UInt64, access: AccessFlags
    ) throws(VerbsErrno) -> MemoryRegion {
        try MemoryRegion(domain: self, memory: memory, offset: offset, byteCount: byteCount, access: access)
    }

    /// Registers part of what a descriptor stands for: a dma-buf, or any file that can be mapped.
    public func registerDescriptor(
        _ descriptor: Int32, offset: UInt64, byteCount: UInt64, ioVirtualAddress: UInt64, access: AccessFlags
    ) throws(VerbsErrno) -> MemoryRegion {
        let memory = try DescriptorMemory(
            descriptor: descriptor, offset: offset, byteCount: byteCount, deviceAddress: ioVirtualAddress, access: access,
            in: process)
        do throws(VerbsErrno) {
            return try MemoryRegion(domain: self, memory: memory, deviceAddress: ioVirtualAddress, access: access)
        } catch {
            memory.release(in: process)
            throw error
        }
    }

    public func createQueuePair(
        type: QueuePairType, capabilities: QueuePairCapabilities, sendQueue: CompletionQueue,
        receiveQueue: CompletionQueue?, sharedReceiveQueue: SharedReceiveQueue?, signalAll: Bool,
        sendOperations: SendOperations? = nil, flags: QueuePairCreationFlags = []
    ) throws(VerbsErrno) -> QueuePair {
        // A target belongs to an XRC domain instead, and a shared receive queue of one is named by each message.
        guard type != .xrcTarget, sharedReceiveQueue?.extended == nil else { throw .invalidArgument }
        guard receiveQueue != nil || !type.hasReceiveQueue else { throw .invalidArgument }
        if sharedReceiveQueue != nil { try CreationRules.checkSharedReceives(type: type) }
        // What belongs to another opened device is nothing to this one.
        guard sendQueue.context === context, receiveQueue == nil || receiveQueue?.context === context,
            sharedReceiveQueue == nil || sharedReceiveQueue?.context === context
        else { throw .invalidArgument }
        let receives = if let receiveQueue { receiveQueue } else { try context.unpolledQueue() }
        return try QueuePair(
            domain: self, type: type, capabilities: capabilities, sendQueue: sendQueue,
            receiveQueue: receives,
            sharedReceiveQueue: sharedReceiveQueue, signalAll: signalAll, sendOperations: sendOperations, flags: flags)
    }

    public func createSharedReceiveQueue(
        workRequests: UInt32, elements: UInt32, limit: UInt32
    ) throws(VerbsErrno) -> SharedReceiveQueue {
        try SharedReceiveQueue(domain: self, workRequests: workRequests, elements: elements, limit: limit)
    }

    public func createAddressHandle(_ vector: AddressVector) throws(VerbsErrno) -> AddressHandle {
        try AddressHandle(domain: self, vector: vector)
    }
}
