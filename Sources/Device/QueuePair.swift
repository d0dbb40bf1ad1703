// QueuePair.swift - a queue pair of this process.
//
// Owns: both queues' private halves, the attributes, the bound responder. Its entry in the segment is what peers see.
// The rest is in QueuePair+Modify (states), +PostSend and +PostReceive (posting), +Execute, +Deliver and +OneSided
// (executing a request, as an adapter would), +Waiting (retries), +Error (flushing), +Poll (what a completion does).
// Spec: IBA vol 1, 10.2.4.   C: struct ibv_qp.
// Locking, in this order: `modifyLock`, `sendLock` (this process: posting, executing and waiting sends), then the lock
// of one entry, the target's or our own, never both. `receiveLock` guards posting receives. A completion queue's entry
// lock is a leaf.

import Fabric
import Platform
import Synchronization
import Verbs

/// A queue pair.
@safe
public final class QueuePair: @unchecked Sendable {
    public let domain: ProtectionDomain
    public let context: DeviceContext
    public let number: QueuePairNumber
    public let type: QueuePairType
    public let capabilities: QueuePairCapabilities
    public let sendQueue: CompletionQueue
    public let receiveQueue: CompletionQueue
    public let sharedReceiveQueue: SharedReceiveQueue?
    /// The same, for pollers: this queue pair keeps it alive, so that they need not count references.
    let polledSharedQueue: Unmanaged<SharedReceiveQueue>?
    public let signalAll: Bool
    /// Where the extended send interface builds its requests; nil for a queue pair that was made without it.
    public let batch: Unmanaged<SendBatch>?
    private let batchKeptAlive: SendBatch?
    /// The caller's own; handed back with events.
    nonisolated(unsafe) public var userPointer: UnsafeMutableRawPointer?

    let process: DeviceProcess
    let index: Int
    let entry: QueuePairEntry
    let view: SegmentView
    let holder: HolderIdentity
    /// Where our own sends complete.
    /// Under `sendLock`.
    let sendCompletions: LockedState<CompletionRing>
    let modifyLock = PrivateLock()
    let sendLock = PrivateLock()
    let receiveLock = PrivateLock()
    let shadows: ReceiveShadows
    let receiveSlots: Responder
    let receiveCapacity: UInt32
    /// What datagrams say of their sender, as in `CompletionSlot.source`; 0 when connected.
    let source: UInt32
    let linkLayer: LinkLayer
    let places: (ring: UInt64, ringBytes: Int, eager: UInt64)
    let flags: QueuePairCreationFlags
    /// Set for another handle on a target: what is asked of this object is asked of that one.
    let opened: OpenedTarget?

    let locked: LockedState<QueuePairLocked>
    /// Sends whose completion has been polled.
    let sendsReleased = Atomic<UInt32>(0)
    /// Receives posted so far, wrapping. Written under `receiveLock`; pollers read it.
    let receivesPosted = Atomic<UInt32>(0)
    /// Receives whose completion has been polled.
    let receivesReleased = Atomic<UInt32>(0)
    /// Bound responders: one when connected, `datagramTargets` otherwise. Under `sendLock`.
    let targets: FixedBuffer<Target>
    /// Scratch lists for the kernel's copies. Under `sendLock`.
    let localPieces = FixedBuffer<IOVector>(repeating: IOVector(base: 0, length: 0), count: piecesMax)
    let remotePieces = FixedBuffer<IOVector>(repeating: IOVector(base: 0, length: 0), count: piecesMax)
    /// The 40 bytes in front of a datagram. Under `sendLock`.
    let routeHeader = FixedBuffer<UInt64>(repeating: 0, count: routeHeaderBytes / 8)

    static let datagramTargets = 64
    static let piecesMax = 48
    static let routeHeaderBytes = 40

    init(
        domain: ProtectionDomain, type: QueuePairType, capabilities: QueuePairCapabilities, sendQueue: CompletionQueue,
        receiveQueue: CompletionQueue, sharedReceiveQueue: SharedReceiveQueue?, signalAll: Bool,
        sendOperations: SendOperations?, flags: QueuePairCreationFlags = [], xrcDomain: XRCDomainIdentity = .none,
        opened: OpenedTarget? = nil
    ) throws(VerbsErrno) {
        try sendOperations?.check(for: type)
        let hasOwnReceives = type.hasReceiveQueue && sharedReceiveQueue == nil
        try CreationRules.checkQueuePair(
            capabilities, usesSharedReceiveQueue: !hasOwnReceives, limits: domain.context.limits)
        let process = domain.process
        let granted = Self.grant(capabilities, usesSharedReceiveQueue: !hasOwnReceives)
        guard let index = process.claimQueuePairIndex(), let entry = process.view.queuePair(index) else { throw .noMemory }
        let number = process.queuePairNumber(at: index)
        let receiveCapacity = granted.receiveWorkRequests.roundedUpToPowerOfTwo
        let ringBytes = Int(receiveCapacity) * ReceiveSlot.byteCount(elements: Int(granted.receiveElements))
        guard let (ring, eager) = Self.allocateRings(ringBytes, process.member) else {
            process.queuePairs.unclaim(index)
            throw .noMemory
        }
        let epoch = QueuePairStatus(rawValue: entry.status.load()).epoch &+ 1
        Self.clear(entry)
        entry.number.store(number.rawValue)
        entry.protectionDomain.store(domain.number.rawValue)
        entry.receiveCompletionQueue.store(UInt32(receiveQueue.index))
        entry.sharedReceiveQueue.store(UInt32(sharedReceiveQueue.map { $0.index + 1 } ?? 0))
        Self.place(entry, ring: ring, capacity: receiveCapacity, elements: granted.receiveElements, eager: eager)
        entry.device.store(UInt32(domain.context.description.index))
        entry.eventDescriptor.store(domain.context.eventName.rawValue)
        entry.xrcDomain.store(xrcDomain)
        entry.status.publish(
            QueuePairStatus(state: .reset, type: type, access: [], rnrTimer: 0, epoch: epoch).rawValue)
        guard let itself = Responder(peer: process.member.itself, number: number, type: type) else { throw .inputOutput }

        self.domain = domain
        self.opened = opened
        context = domain.context
        self.number = number
        source = type.isConnected ? 0 : number.rawValue | UInt32(domain.context.description.localIdentifier) << 24
        linkLayer = domain.context.description.linkLayer
        self.type = type
        self.capabilities = granted
        self.sendQueue = sendQueue
        self.receiveQueue = receiveQueue
        self.sharedReceiveQueue = sharedReceiveQueue
        unsafe polledSharedQueue = unsafe sharedReceiveQueue.map { unsafe Unmanaged.passUnretained($0) }
        self.signalAll = signalAll
        self.flags = flags
        batchKeptAlive = sendOperations.map { SendBatch(operations: $0, type: type, capabilities: granted) }
        unsafe batch = unsafe batchKeptAlive.map { unsafe Unmanaged.passUnretained($0) }
        self.process = process
        self.index = index
        self.entry = entry
        view = process.view
        holder = process.holder
        sendCompletions = LockedState(sendQueue.ring)
        shadows = ReceiveShadows(
            capacity: receiveCapacity, elements: granted.receiveElements, keys: process.view, domain: domain.number)
        receiveSlots = itself
        self.receiveCapacity = receiveCapacity
        places = (ring, ringBytes, eager)
        let targetCount = Self.targetCount(type)
        targets = FixedBuffer(repeating: Target(placeholder: itself), count: targetCount)
        locked = LockedState(QueuePairLocked(
            epoch: epoch, peers: Array(repeating: nil, count: targetCount), regions: Array(repeating: nil, count: targetCount)))
        attributes.capabilities = granted
        register()
    }

    /// The connected responder, what an extended connection's requests name behind it, or where datagrams went.
    private static func targetCount(_ type: QueuePairType) -> Int {
        switch type {
        case .unreliableDatagram: datagramTargets
        case .xrcInitiator: 1 + datagramTargets
        case .reliableConnection, .unreliableConnection, .xrcTarget: 1
        }
    }

    /// What is granted is what was asked for, but never a queue that could hold nothing at all.
    private static func grant(_ asked: QueuePairCapabilities, usesSharedReceiveQueue: Bool) -> QueuePairCapabilities {
        var granted = asked
        if usesSharedReceiveQueue {
            granted.receiveWorkRequests = 0
            granted.receiveElements = 0
        }
        return granted
    }

    /// Room for the receive ring and the eager ring; nil, and nothing taken, when the segment has not enough for both.
    private static func allocateRings(_ ringBytes: Int, _ member: Member) -> (ring: UInt64, eager: UInt64)? {
        guard let ring = member.allocate(ringBytes) else { return nil }
        if let eager = member.allocate(Int(EagerRing.byteCount)) { return (ring, eager) }
        member.release(ring, byteCount: ringBytes)
        return nil
    }

    private static func clear(_ entry: QueuePairEntry) {
        for word in [entry.receiveHead, entry.eagerHead, entry.peer, entry.queueKey, entry.receiveTail, entry.eagerTail,
            entry.receivePSN, entry.responderResources, entry.events, entry.openings, entry.reach]
        {
            word.store(0)
        }
        entry.facts.clear()
    }

    private static func place(_ entry: QueuePairEntry, ring: UInt64, capacity: UInt32, elements: UInt32, eager: UInt64) {
        entry.receiveRing.store(ring)
        entry.receiveCapacity.store(capacity)
        entry.receiveElements.store(elements)
        entry.eagerRing.store(eager)
    }

    private func register() {
        domain.addDependent()
        sendQueue.dependents.wrappingAdd(1, ordering: .relaxed)
        receiveQueue.dependents.wrappingAdd(1, ordering: .relaxed)
        sharedReceiveQueue?.dependents.wrappingAdd(1, ordering: .relaxed)
        process.queuePairs.insert(self, at: index)
        process.view.header.queuePairBound.raise(to: UInt32(process.queuePairs.bound))
        process.view.header.queuePairs.add(1)
    }

    /// The state, as peers see it too: an error found by a peer shows here at once.
    public var state: QueuePairState { QueuePairStatus(rawValue: entry.status.acquire()).state }

    /// Takes the queue pair away: nobody posts to it any more, its completions are dropped.
    public func destroy() throws(VerbsErrno) {
        guard type != .unreliableDatagram || !process.multicast.holds(number) else { throw .busy }
        opened?.close()
        process.buryOrphans()
        domain.removeDependent()
        if isOpenedByNobody() { bury() } else { process.orphans.insert(self) }
    }

    /// What is left to do once nobody has the queue pair open.
    func bury() {
        modifyLock.acquire()
        sendLock.acquire()
        retire(type: nil)
        process.windows.invalidate(boundOn: number, process)
        process.waiting.remove(self)
        pendingSends?.removeAll()
        peers = []
        regions = []
        sendLock.release()
        modifyLock.release()
        process.waitForCopies()
        // Pollers look the pair up under these locks, without a reference of their own.
        sendQueue.pollLock.acquire()
        if receiveQueue !== sendQueue { receiveQueue.pollLock.acquire() }
        let keepAlive = self
        process.queuePairs.remove(index)
        if receiveQueue !== sendQueue { receiveQueue.pollLock.release() }
        sendQueue.pollLock.release()
        process.member.release(places.ring, byteCount: places.ringBytes)
        process.member.release(places.eager, byteCount: Int(EagerRing.byteCount))
        process.queuePairs.unclaim(index)
        process.view.header.queuePairs.add(UInt32.max)
        sendQueue.dependents.wrappingSubtract(1, ordering: .releasing)
        receiveQueue.dependents.wrappingSubtract(1, ordering: .releasing)
        sharedReceiveQueue?.dependents.wrappingSubtract(1, ordering: .releasing)
        withExtendedLifetime(keepAlive) {}
    }

    /// False for a target that other handles keep in being, in this process or another.
    func isOpenedByNobody() -> Bool {
        guard type == .xrcTarget else { return true }
        entry.lock.acquireOwn(as: holder)
        defer { entry.lock.release() }
        guard entry.openings.load() == 0 else { return false }
        // Nobody opens it from here on.
        entry.number.store(0)
        return true
    }

    /// Ends this life of the entry: what peers bound and what stands in completion queues is void.
    /// - Parameter type: nil when the entry becomes unused.
    func retire(type: QueuePairType?) {
        entry.lock.acquireOwn(as: holder)
        epoch &+= 1
        var status = QueuePairStatus(state: .reset, type: type ?? .reliableConnection, access: [], rnrTimer: 0, epoch: epoch)
        if type == nil {
            status.rawValue &= ~0xff00
            entry.number.store(0)
        }
        entry.status.publish(status.rawValue)
        entry.lock.release()
    }
}
