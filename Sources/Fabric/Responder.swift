// Responder.swift - a target queue pair, checked once and then cheap to execute requests against.
//
// Owns: what was read of the target's entry at binding: places, sizes, rings. All of it is void when the entry's epoch
// changes. Does not: decide whether an access is allowed (Verbs), move bytes (Device).
// Spec: IBA vol 1, 9.7.4 (responder).
// Locking: requests are executed under `entry.lock`.

import Platform
import Verbs

/// A bound target queue pair.
@frozen
public struct Responder {
    public let entry: QueuePairEntry
    public let view: SegmentView
    /// The owner's number for the kernel's copies; 0 when its agent copies.
    public var process: Int32
    /// Index in the owner's table; completions name it.
    public let index: UInt32
    public let epoch: UInt32
    public let protectionDomain: ProtectionDomainNumber
    /// IBA 10.2.9.3: whose local keys its receives name: the shared receive queue's domain, where there is one.
    public let receiveDomain: ProtectionDomainNumber
    public var completions: CompletionRing
    @usableFromInline let slots: SharedRecord
    @usableFromInline let mask: UInt32
    @usableFromInline let slotBytes: Int
    public let elements: UInt32
    /// The eager ring; `EagerRing.byteCount` bytes.
    public let eager: SharedRecord
    public let sharedReceiveQueue: SharedReceiveRing?
    /// Of an extended connection: the shared receive queue's lock and life. Memory, keys and completions are that
    /// queue's; lock, state and events are the target queue pair's.
    @usableFromInline let extended: (entry: SharedReceiveQueueEntry, index: UInt32, epoch: UInt32)?

    /// Binds to the queue pair with this number in a peer's segment. Nil when there is no such pair, or its entry
    /// cannot be what an owner would write.
    public init?(peer: Peer, number: QueuePairNumber, type: QueuePairType) {
        let view = peer.view
        guard peer.isAlive, let index = view.header.queuePairIndex(of: number.rawValue), let entry = view.queuePair(index),
            entry.number.load() == number.rawValue
        else { return nil }
        let status = QueuePairStatus(rawValue: entry.status.acquire())
        let capacity = entry.receiveCapacity.load()
        let elements = entry.receiveElements.load()
        guard status.typeValue == type.rawValue, capacity > 0, capacity & (capacity - 1) == 0, capacity <= 1 << 16,
            elements <= 1024,
            let slots = view.ring(
                at: entry.receiveRing.load(), byteCount: Int(capacity) * ReceiveSlot.byteCount(elements: Int(elements))),
            let eager = view.ring(at: entry.eagerRing.load(), byteCount: Int(EagerRing.byteCount)),
            let completions = CompletionRing(in: view, index: entry.receiveCompletionQueue.load(), isOwn: peer.isItself)
        else { return nil }
        let shared = entry.sharedReceiveQueue.load()
        sharedReceiveQueue = shared == 0 ? nil : SharedReceiveRing(in: view, index: shared - 1)
        guard shared == 0 || sharedReceiveQueue != nil else { return nil }
        self.entry = entry
        self.view = view
        process = peer.reach == .kernel ? peer.pid : 0
        self.index = UInt32(index)
        self.epoch = status.epoch
        self.protectionDomain = ProtectionDomainNumber(rawValue: entry.protectionDomain.load())
        self.receiveDomain =
            sharedReceiveQueue.map { ProtectionDomainNumber(rawValue: $0.entry.protectionDomain.load()) } ?? protectionDomain
        self.completions = completions
        self.slots = slots
        self.mask = capacity - 1
        self.slotBytes = ReceiveSlot.byteCount(elements: Int(elements))
        self.elements = elements
        self.eager = eager
        extended = nil
    }

    /// What executes the requests that come through an extended connection's target and name a shared receive queue.
    public init(_ target: Responder, deliveringTo receiver: ExtendedReceiver) {
        entry = target.entry
        view = receiver.view
        process = receiver.process
        index = target.index
        epoch = target.epoch
        protectionDomain = receiver.protectionDomain
        receiveDomain = receiver.protectionDomain
        completions = receiver.completions
        slots = target.slots
        mask = target.mask
        slotBytes = target.slotBytes
        elements = target.elements
        eager = target.eager
        sharedReceiveQueue = receiver.ring
        extended = (receiver.ring.entry, receiver.index, receiver.epoch)
    }

    /// Whether requests are executed by the keys of a shared receive queue, and not by the queue pair's.
    @inlinable
    public var isExtended: Bool { extended != nil }

    /// With the queue pair's lock held: takes the shared receive queue's too. False, and no second lock, when that queue
    /// is no longer the one that was bound.
    @inlinable
    public func enterExtended(as holder: HolderIdentity) -> Bool {
        guard let extended else { return true }
        guard extended.entry.responderLock.acquire(as: holder) != .refused else { return false }
        if ExtendedReceiver.isLive(extended.entry, epoch: extended.epoch) { return true }
        extended.entry.responderLock.release()
        return false
    }

    /// Lets go of what `enter` took.
    @inlinable
    public func leave() {
        if let extended { extended.entry.responderLock.release() }
        entry.lock.release()
    }

    /// What a completion says it belongs to: the queue pair, or the shared receive queue of an extended connection.
    @inlinable
    public func name(_ slot: CompletionSlot, epoch: UInt32) {
        slot.queuePair.store(extended?.index ?? index)
        slot.epoch.store(extended?.epoch ?? epoch)
    }

    /// What an agent is asked to act upon: the same.
    public func name(_ slot: TransferSlot) {
        slot.isExtended.store(isExtended ? 1 : 0)
        slot.target.store(extended?.index ?? index)
        slot.epoch.store(extended?.epoch ?? epoch)
    }

    @inlinable
    public func slot(_ position: UInt32) -> ReceiveSlot { ReceiveSlot(slots.advanced(by: Int(position & mask) * slotBytes)) }

    /// Whether a message that found no receive would find one now.
    @inlinable
    public func hasReceive() -> Bool {
        if let shared = sharedReceiveQueue { return shared.entry.tail.acquire() != shared.entry.head.load() }
        return entry.receiveTail.acquire() != entry.receiveHead.load()
    }
}
