// HostileSegmentTests.swift - whatever stands in a peer's segment, reading it ends in a refusal or stays inside it.

import Platform
import Testing
import TestSupport
import Verbs

@testable import Fabric

@Suite struct HostileSegmentTests {
    /// Values that break careless arithmetic, and plain noise.
    private func word(_ random: inout SplitMix) -> UInt64 {
        switch random.next() % 6 {
        case 0: random.next()
        case 1: 1 << (random.next() % 64)
        case 2: UInt64(SegmentLayout.heapOffset) + (random.next() % 4096) * 64
        case 3: random.next() % 16
        case 4: UInt64.max - random.next() % 16
        default: UInt64(UInt32.max) - random.next() % 16
        }
    }

    @Test(arguments: 0..<8 as Range<UInt64>)
    func respondersStayInside(seed: UInt64) throws {
        var random = SplitMix(seed: seed)
        let segment = try TestSegment()
        let peer = try Peer(itself: segment.hello, view: segment.view, bell: -1)
        let header = segment.view.header
        header.blockCount.store(1)
        header.block(0).store(1)
        let number = QueuePairNumber(rawValue: 256 + 5)
        let entry = try needed(segment.view.queuePair(5))
        var bound = 0
        for _ in 0..<4_000 {
            for offset in stride(from: 0, to: SegmentLayout.queuePairBytes, by: 8) { entry.record.word64(offset).store(word(&random)) }
            let queue = try needed(segment.view.completionQueue(Int(random.next() % 3)))
            for offset in stride(from: 0, to: 256, by: 8) { queue.record.word64(offset).store(word(&random)) }
            queue.lock.release()
            queue.state.store(1)
            if random.next() % 2 == 0 { plausible(entry, queue, &random) }
            entry.number.store(number.rawValue)
            entry.lock.release()
            guard let responder = Responder(peer: peer, number: number, type: .reliableConnection) else { continue }
            bound += 1
            touchEverything(responder, segment.holder, &random)
        }
        #expect(bound > 0, "no case got through to the second half of the test")
    }

    /// Places and sizes that pass, counters and lists that need not.
    private func plausible(_ entry: QueuePairEntry, _ queue: CompletionQueueEntry, _ random: inout SplitMix) {
        let heap = UInt64(SegmentLayout.heapOffset)
        entry.status.store(QueuePairStatus(state: .readyToSend, type: .reliableConnection, access: [], rnrTimer: 0, epoch: 9).rawValue)
        entry.receiveRing.store(heap)
        entry.receiveCapacity.store(1 << UInt32(random.next() % 8))
        entry.receiveElements.store(UInt32(random.next() % 33))
        entry.eagerRing.store(heap + 1 << 20)
        entry.receiveCompletionQueue.store(UInt32(random.next() % 3))
        entry.sharedReceiveQueue.store(0)
        queue.ring.store(heap + 1 << 21)
        queue.capacity.store(1 << UInt32(random.next() % 8))
    }

    private func touchEverything(_ responder: Responder, _ holder: HolderIdentity, _ random: inout SplitMix) {
        let slot = responder.slot(UInt32(truncatingIfNeeded: random.next()))
        _ = slot.totalBytes.load()
        if responder.elements > 0 { _ = slot.element(Int(responder.elements) - 1) }
        _ = responder.hasReceive()
        _ = responder.entry.facts.vouch(for: 0, byteCount: 1, keyEpoch: responder.view.header.keyEpoch)
        _ = responder.enterErrorState(epoch: responder.epoch)
        _ = responder.flushReceives(epoch: responder.epoch, as: holder)
        #expect(!responder.completions.entry.lock.isHeld)
    }

    @Test func indicesOutsideTheTablesNameNothing() throws {
        let view = try TestSegment().view
        for index in [-1, Int.min, Int.max] {
            #expect(view.queuePair(index) == nil)
            #expect(view.completionQueue(index) == nil)
            #expect(view.sharedReceiveQueue(index) == nil)
        }
        #expect(view.queuePair(SegmentLayout.queuePairCount) == nil)
        #expect(view.completionQueue(SegmentLayout.completionQueueCount) == nil)
        #expect(view.sharedReceiveQueue(SegmentLayout.sharedReceiveQueueCount) == nil)
        #expect(view.key(MemoryKey(rawValue: 0)) == nil)
        #expect(view.key(MemoryKey(rawValue: 0xff)) == nil)
        #expect(view.key(MemoryKey(rawValue: UInt32.max)) == nil)
        for offset in [0, 1, 63, UInt64.max, UInt64(SegmentLayout.byteCount), UInt64(SegmentLayout.heapOffset) - 64] {
            #expect(view.ring(at: offset, byteCount: 64) == nil)
        }
        #expect(view.ring(at: UInt64(SegmentLayout.byteCount - 64), byteCount: 64) != nil)
        #expect(view.ring(at: UInt64(SegmentLayout.byteCount - 64), byteCount: 65) == nil)
        #expect(view.ring(at: UInt64(SegmentLayout.heapOffset), byteCount: -1) == nil)
        #expect(view.ring(at: UInt64(SegmentLayout.heapOffset), byteCount: Int.max) == nil)
    }

    @Test func aHelloIsWholeOrNothing() {
        let hello = Hello(holder: HolderIdentity(block: 5, nonce: 0x1122_3344_5566), pid: 4711, segmentAddress: 0x7fff_0000_1000)
        let bytes = hello.encoded()
        #expect(Hello(bytes) == hello)
        for count in 0..<bytes.count { #expect(Hello(Array(bytes[..<count])) == nil) }
        for index in 0..<8 {
            var bad = bytes
            bad[index] ^= 0x40
            #expect(Hello(bad) == nil)
        }
    }
}
