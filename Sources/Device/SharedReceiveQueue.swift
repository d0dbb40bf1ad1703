// SharedReceiveQueue.swift - a shared receive queue of this process.
//
// Owns: the slots and the order ring in the segment, the free slots and shadows in private memory.
// Does not: hand requests to messages (SharedReceiveRing, run by the poster).
// Spec: IBA vol 1, 10.2.9.   C: struct ibv_srq.
// Locking: `postLock` guards posting and giving back.

import Fabric
import Platform
import Synchronization
import Verbs

/// A shared receive queue.
@safe
public final class SharedReceiveQueue: @unchecked Sendable {
    public let domain: ProtectionDomain
    public let context: DeviceContext
    /// Requests that may be posted at once, as asked for.
    public let workRequests: UInt32
    public let elements: UInt32
    nonisolated(unsafe) public var userPointer: UnsafeMutableRawPointer?
    let index: Int
    let entry: SharedReceiveQueueEntry
    let shadows: ReceiveShadows
    let dependents = Atomic<Int>(0)
    private let process: DeviceProcess
    private let ring: SharedReceiveRing
    private let postLock = PrivateLock()
    private let capacity: UInt32
    private let freeSlots: FreeSlots
    private let places: (ring: UInt64, ringBytes: Int, order: UInt64, orderBytes: Int)
    /// The same completion queue, for pollers, who count no references.
    let completesIn: ObjectIdentifier?
    /// Nil for a plain queue.
    let extended: SharedReceiveQueueExtension?

    init(
        domain: ProtectionDomain, workRequests: UInt32, elements: UInt32, limit: UInt32,
        extended: SharedReceiveQueueExtension? = nil
    ) throws(VerbsErrno) {
        try CreationRules.checkSharedReceiveQueue(
            workRequests: workRequests, elements: elements, limits: domain.context.limits)
        let process = domain.process
        let capacity = workRequests.roundedUpToPowerOfTwo
        guard let index = process.claimSharedReceiveQueueIndex(), let entry = process.view.sharedReceiveQueue(index)
        else { throw .noMemory }
        let ringBytes = Int(capacity) * ReceiveSlot.byteCount(elements: Int(elements))
        guard let ringOffset = process.member.allocate(ringBytes) else {
            process.sharedReceiveQueues.unclaim(index)
            throw .noMemory
        }
        guard let orderOffset = process.member.allocate(Int(capacity) * 4) else {
            process.member.release(ringOffset, byteCount: ringBytes)
            process.sharedReceiveQueues.unclaim(index)
            throw .noMemory
        }
        for word in [entry.head, entry.tail, entry.limit, entry.events] { word.store(0) }
        entry.ring.store(ringOffset)
        entry.order.store(orderOffset)
        entry.capacity.store(capacity)
        entry.elements.store(elements)
        entry.protectionDomain.store(domain.number.rawValue)
        entry.limit.store(limit)
        entry.eventDescriptor.store(domain.context.eventName.rawValue)
        entry.completionQueue.store(UInt32(extended.map { $0.completionQueue.index + 1 } ?? 0))
        entry.xrcDomain.store(extended?.domain.identity ?? .none)
        entry.epoch.store(entry.epoch.load() &+ 1)
        entry.state.publish(1)
        guard let ring = SharedReceiveRing(in: process.view, index: UInt32(index)) else { throw .inputOutput }
        self.domain = domain
        self.extended = extended
        completesIn = extended.map { ObjectIdentifier($0.completionQueue) }
        context = domain.context
        self.process = process
        self.workRequests = workRequests
        self.elements = elements
        self.index = index
        self.entry = entry
        self.ring = ring
        self.capacity = capacity
        shadows = ReceiveShadows(capacity: capacity, elements: elements, keys: process.view, domain: domain.number)
        freeSlots = FreeSlots(count: workRequests)
        places = (ringOffset, ringBytes, orderOffset, Int(capacity) * 4)
        process.sharedReceiveQueues.insert(self, at: index)
        process.view.header.sharedReceiveQueueBound.raise(to: UInt32(process.sharedReceiveQueues.bound))
        process.view.header.sharedReceiveQueues.add(1)
        domain.addDependent()
        extended?.domain.placeholder.addDependent()
        extended?.completionQueue.dependents.wrappingAdd(1, ordering: .relaxed)
    }

    /// Whether it takes messages of extended connections, and no others.
    public var isExtended: Bool { extended != nil }

    /// How senders of extended connections name this queue.
    public var number: SharedReceiveQueueNumber {
        SharedReceiveQueueNumber(rawValue: process.queuePairNumber(at: index).rawValue)
    }

    /// 0, or the errno: EINVAL for too many elements, ENOMEM when the queue is full.
    public func postReceive(
        workRequestID: UInt64, elements: UnsafePointer<ScatterGatherElement>?, count: Int32
    ) -> Int32 {
        guard ScatterGatherRules.allowsCount(Int(count), capability: self.elements) else {
            return VerbsErrno.invalidArgument.rawValue
        }
        postLock.acquire()
        defer { postLock.release() }
        guard let slot = freeSlots.take() else { return VerbsErrno.noMemory.rawValue }
        _ = unsafe shadows.store(
            slot, identifier: workRequestID, elements: elements, count: Int(count),
            keyEpoch: process.view.header.keyEpoch.acquire())
        unsafe ring.slot(slot).fill(elements, count: Int(count))
        let tail = entry.tail.load()
        ring.orderWord(tail).store(slot)
        entry.tail.publish(tail &+ 1)
        return 0
    }

    /// Whether this slot holds a posted request. Before anything is done with a slot whose number came from shared memory.
    @inline(__always)
    func isOut(_ slot: UInt32) -> Bool { freeSlots.isOut(slot) }

    /// Whether this slot is out with a message; gives it back. False for a slot that a peer made up.
    func giveBack(_ slot: UInt32) -> Bool {
        postLock.acquire()
        defer { postLock.release() }
        return freeSlots.give(slot)
    }

    /// The buffers of a request that is posted and not yet completed; nil for any other slot.
    func postedPieces(_ slot: UInt32) -> PieceCursor? {
        postLock.withLock {
            freeSlots.isOut(slot) ? shadows.pieces(slot, by: process.keys).map { PieceCursor($0) } : nil
        }
    }

    /// Arms the limit event.
    public func arm(limit: UInt32) throws(VerbsErrno) {
        try CreationRules.checkSharedReceiveQueueLimit(limit, workRequests: workRequests)
        entry.limit.exchange(limit)
    }

    /// The limit that is armed; 0 once it has fired.
    public var limit: UInt32 { entry.limit.load() }

    /// EBUSY while queue pairs use it.
    public func destroy() throws(VerbsErrno) {
        guard dependents.load(ordering: .acquiring) == 0 else { throw .busy }
        // Requests of extended connections are executed under this lock, pollers hold the other.
        entry.responderLock.acquireOwn(as: process.holder)
        entry.lock.acquireOwn(as: process.holder)
        entry.state.store(0)
        entry.lock.release()
        entry.responderLock.release()
        process.waitForCopies()
        extended?.completionQueue.pollLock.acquire()
        process.member.release(places.ring, byteCount: places.ringBytes)
        process.member.release(places.order, byteCount: places.orderBytes)
        process.view.header.sharedReceiveQueues.add(UInt32.max)
        let keepAlive = self
        process.sharedReceiveQueues.remove(index)
        if let extended {
            extended.completionQueue.pollLock.release()
            extended.completionQueue.dependents.wrappingSubtract(1, ordering: .releasing)
            extended.domain.placeholder.removeDependent()
        }
        process.sharedReceiveQueues.unclaim(index)
        domain.removeDependent()
        withExtendedLifetime(keepAlive) {}
    }
}
