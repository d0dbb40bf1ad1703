// HostilePeer.swift - a peer that writes anything anywhere: into its own segment, and into ours, which it maps too.
//
// Owns: the peer's segment; a process that sleeps, whose memory requests may hit; the words that a hostile write aims at.
// Does not: run in that process. What it would write, the target writes for it, between two steps of ours.

import CFuzzer
@testable import Device
@testable import Fabric
import Fuzzing
import Glibc
import Platform
import Verbs

/// The peer, and what its segment says.
final class HostilePeer {
    static let block: UInt32 = 65_534 - 1
    static let index = 5
    static let number = QueuePairNumber(rawValue: block * 256 + UInt32(index))
    /// Bytes of the heap that its rings lie in.
    static let heapBytes = 192 << 10

    let view: SegmentView
    let pid: Int32
    private let segment: OwnedDescriptor
    private let mapping: Mapping
    /// Memory that both share: where the peer's shared regions lie.
    private let shared: OwnedDescriptor
    /// As this process knows it.
    private let peer: Peer

    init(member: Member) throws {
        segment = try SharedMemory.create(byteCount: SegmentLayout.byteCount)
        mapping = try Mapping.shared(descriptor: segment.number, byteCount: SegmentLayout.byteCount)
        view = SegmentView(base: mapping.base)
        shared = try SharedMemory.create(byteCount: 64 << 10)
        // The sleeping process inherits the mapping: there, too, the segment stands where it says.
        let holder = HolderIdentity(block: Self.block, nonce: 1)
        view.header.magic.store(SegmentLayout.magic)
        view.header.holder.store(holder.rawValue)
        pid = fuzz_start_peer()
        guard pid > 0 else { fatalError("no process for the peer") }
        let hello = Hello(holder: holder, pid: pid, segmentAddress: view.address)
        let process = try ProcessDescriptor(pid: pid)
        let bell = try EventDescriptor.create(semaphore: false, blocking: false)
        guard let known = Peer(hello, pid: pid, segment: segment, process: process, bell: bell), known.reach == .kernel else {
            fatalError("the segment is not accepted")
        }
        peer = known
        member.directory.adopt(peer, block: Self.block)
    }

    var isAsleep: Bool { fuzz_peer_is_alive(pid) != 0 }

    /// What an honest peer's segment would hold: a connected pair, a completion queue, a shared queue, two keys, rings.
    func becomeHonest(connectedTo victim: Victim, sharesReceives: Bool, isConfined: Bool) {
        clear()
        peer.reachWord.store((isConfined ? PeerReach.agent : .kernel).rawValue, ordering: .relaxed)
        let header = view.header
        header.magic.store(SegmentLayout.magic)
        header.holder.store(peer.holder.rawValue)
        header.blockCount.store(1)
        header.block(0).store(Self.block)
        header.queuePairBound.store(8)
        header.keyEpoch.store(1)
        let heap = UInt64(SegmentLayout.heapOffset)
        guard let entry = view.queuePair(Self.index), let queue = view.completionQueue(1) else { return }
        entry.peer.store(victim.pair.number.rawValue)
        entry.number.store(Self.number.rawValue)
        entry.queueKey.store(5)
        entry.protectionDomain.store(1)
        entry.receiveCompletionQueue.store(1)
        entry.sharedReceiveQueue.store(sharesReceives ? 1 : 0)
        entry.receiveRing.store(heap)
        entry.receiveCapacity.store(8)
        entry.receiveElements.store(2)
        entry.receiveTail.store(4)
        entry.eagerRing.store(heap + 16 << 10)
        entry.responderResources.store(4)
        entry.status.store(
            QueuePairStatus(
                state: .readyToSend, type: victim.pair.type.responder, access: [.remoteRead, .remoteWrite, .remoteAtomic], rnrTimer: 1, epoch: 1
            ).rawValue)
        queue.ring.store(heap + 96 << 10)
        queue.capacity.store(16)
        queue.limit.store(16)
        queue.state.store(CompletionQueueEntry.live)
        entry.xrcDomain.store(victim.extended?.domain.identity ?? .none)
        if sharesReceives || victim.extended != nil { shareReceives(heap, of: victim) }
        describeKeys(of: victim)
        postReceives(heap)
    }

    private func shareReceives(_ heap: UInt64, of victim: Victim) {
        guard let queue = view.sharedReceiveQueue(0) else { return }
        queue.ring.store(heap)
        queue.order.store(heap + 8 << 10)
        queue.capacity.store(8)
        queue.elements.store(2)
        queue.tail.store(4)
        queue.limit.store(2)
        queue.protectionDomain.store(1)
        queue.xrcDomain.store(victim.extended?.domain.identity ?? .none)
        queue.completionQueue.store(victim.extended == nil ? 0 : 2)
        queue.epoch.store(1)
        queue.state.store(1)
    }

    /// Key 1: private memory of the sleeping process. Key 2: shared memory. Key 3: a window of type 2 of the connected pair.
    private func describeKeys(of victim: Victim) {
        for index in 1...3 as ClosedRange<UInt32> {
            let key = MemoryKey(index: index, generation: 1)
            guard let entry = view.key(key) else { continue }
            entry.start.store(1 << 20)
            entry.virtualStart.store(0)
            entry.byteCount.store(32 << 10)
            entry.protectionDomain.store(1)
            entry.access.store(0xf)
            entry.file.store(index == 2 ? UInt32(shared.number + 1) : 0)
            entry.window.store(index == 3 ? victim.pair.number.rawValue << 8 | UInt32(MemoryWindowKind.type2.rawValue) : 0)
            entry.serial.store(UInt64(index))
            entry.key.store(key.rawValue)
        }
    }

    private func postReceives(_ heap: UInt64) {
        guard let ring = view.ring(at: heap, byteCount: 16 << 10) else { return }
        for index in 0..<8 {
            let slot = ReceiveSlot(ring.advanced(by: index * ReceiveSlot.byteCount(elements: 2)))
            slot.elementCount.store(1)
            slot.totalBytes.store(16 << 10)
            slot.setElement(
                0, ScatterGatherElement(address: 0, length: 16 << 10, localKey: MemoryKey(index: 1, generation: 1)))
        }
    }

    private func clear() {
        func zero(_ record: SharedRecord?, _ byteCount: Int) {
            guard let record else { return }
            memset(record.base, 0, byteCount)
        }
        memset(mapping.base, 0, SegmentLayout.queuePairOffset)
        AgentRequest.forget(view)
        zero(view.queuePair(Self.index)?.record, SegmentLayout.queuePairBytes)
        for index in 0..<4 { zero(view.completionQueue(index)?.record, SegmentLayout.completionQueueBytes) }
        for index in 0..<2 { zero(view.sharedReceiveQueue(index)?.record, SegmentLayout.sharedReceiveQueueBytes) }
        for index in 1..<4 as Range<UInt32> {
            zero(view.key(MemoryKey(index: index, generation: 0))?.record, SegmentLayout.keyBytes)
        }
        let heap = UInt64(SegmentLayout.heapOffset)
        zero(view.ring(at: heap, byteCount: Self.heapBytes), 8 << 10)
        zero(view.ring(at: heap + 96 << 10, byteCount: 16 << 10), 4 << 10)
    }

    /// Whether a byte sequence stands anywhere in what the peer can read of its heap, or in the buffers of its agent.
    func knows(_ secret: UInt64) -> Bool {
        let heap = view.ring(at: UInt64(SegmentLayout.heapOffset), byteCount: Self.heapBytes)
        return heap.map { SharedBytes.hold(secret, at: $0.address(0), byteCount: Self.heapBytes) } ?? true
    }

    func observe() { _ = ObservedObjects(segment: segment, withHolds: true) }
}
