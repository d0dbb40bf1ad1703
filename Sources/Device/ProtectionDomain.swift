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
    /// What a parent domain stands for; nil for a plain domain.
    private let base: ProtectionDomain?
    private let thread: ThreadDomain?

    /// ENOMEM when the device has no domain left.
    init(context: DeviceContext) throws(VerbsErrno) {
        try context.process.protectionDomains.add()
        self.context = context
        process = context.process
        number = context.process.newProtectionDomain()
        base = nil
        thread = nil
    }

    /// A parent domain: what is made on it belongs to the protection domain that it stands for.
    /// A thread domain allows leaving locks out. None is left out: the agent executes waiting requests beside the thread.
    init(parentOf domain: ProtectionDomain, thread: ThreadDomain?) {
        context = domain.context
        process = domain.process
        number = domain.number
        base = domain
        self.thread = thread
        domain.addDependent()
        thread?.addDependent()
    }

    var isParent: Bool { base != nil }

    /// EBUSY while regions, queue pairs, shared receive queues, address handles or parent domains depend on it.
    public func deallocate() throws(VerbsErrno) {
        guard dependents.load(ordering: .acquiring) == 0 else { throw .busy }
        if let base { base.removeDependent() } else { process.protectionDomains.remove() }
        thread?.removeDependent()
    }

    func addDependent() { dependents.wrappingAdd(1, ordering: .relaxed) }
    func removeDependent() { dependents.wrappingSubtract(1, ordering: .releasing) }

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
