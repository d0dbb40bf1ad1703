// CompletionRingTests.swift - producing into a completion queue: order, overrun, producers that die.

import Testing
import TestSupport

@testable import Fabric

@Suite struct CompletionRingTests {
    @Test(arguments: [1, 2, 3, 7, 8] as [UInt32])
    func fullAtItsLimit(limit: UInt32) throws {
        let segment = try TestSegment()
        let ring = try segment.makeCompletionQueue(capacity: 8, limit: limit)
        for position in 0..<limit {
            let claimed = try #require(ring.claimed(as: segment.holder))
            #expect(claimed == position)
            #expect(!ring.publish(claimed, solicited: false))
            #expect(ring.slot(claimed).sequence.load() == position + 1)
        }
        #expect(ring.claimed(as: segment.holder) == nil)
        #expect(ring.entry.state.load() == CompletionQueueEntry.overrun)
        #expect(!ring.entry.lock.isHeld)
    }

    @Test func polledPlacesAreUsedAgain() throws {
        let segment = try TestSegment()
        let ring = try segment.makeCompletionQueue(capacity: 4, limit: 4)
        for position in UInt32(0)..<100 {
            let claimed = try #require(ring.claimed(as: segment.holder))
            #expect(claimed == position)
            _ = ring.publish(claimed, solicited: false)
            ring.entry.head.publish(position + 1)
        }
    }

    @Test(arguments: [false, true])
    func aProducerThatDiesLeavesNoGap(afterPublishing: Bool) throws {
        let segment = try TestSegment()
        let ring = try segment.makeCompletionQueue(capacity: 8, limit: 8)
        let gone = HolderIdentity(block: 65_534, nonce: 1)
        #expect(ring.claimed(as: gone) == 0)
        if afterPublishing { ring.slot(0).sequence.publish(1) }
        let next = try #require(ring.claimed(as: segment.holder))
        #expect(next == (afterPublishing ? 1 : 0))
        _ = ring.publish(next, solicited: false)
        #expect(ring.entry.tail.load() == next + 1)
    }

    @Test func armedQueuesRaiseOneEvent() throws {
        let segment = try TestSegment()
        let entry = try needed(segment.view.completionQueue(3))
        entry.channelDescriptor.store(5)
        let ring = try segment.makeCompletionQueue(capacity: 8, limit: 8)
        func publish(solicited: Bool) throws -> Bool { ring.publish(try needed(ring.claimed(as: segment.holder)), solicited: solicited) }
        #expect(try !publish(solicited: true))
        entry.armed.store(1)
        #expect(try !publish(solicited: false))
        #expect(try publish(solicited: true))
        #expect(try !publish(solicited: true))
        entry.armed.store(2)
        #expect(try publish(solicited: false))
        #expect(entry.eventsRaised.load() == 2)
    }

    @Test func hostileEntriesAreRefused() throws {
        let segment = try TestSegment()
        let entry = try needed(segment.view.completionQueue(3))
        var random = SplitMix(seed: 1)
        var accepted = 0
        for _ in 0..<20_000 {
            entry.state.store(CompletionQueueEntry.live)
            entry.ring.store(Bool.random(using: &random) ? random.next() : UInt64(SegmentLayout.heapOffset) + random.next() % (1 << 33))
            entry.capacity.store(UInt32(truncatingIfNeeded: Bool.random(using: &random) ? random.next() : 1 << (random.next() % 32)))
            entry.limit.store(UInt32(truncatingIfNeeded: random.next()))
            guard let ring = CompletionRing(in: segment.view, index: 3, isOwn: false) else { continue }
            accepted += 1
            // The last slot of an accepted ring can be touched: it lies in the segment.
            #expect(ring.slot(entry.capacity.load() &- 1).sequence.load() == 0)
        }
        #expect(accepted > 0)
    }
}
