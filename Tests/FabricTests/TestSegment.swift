// TestSegment.swift - a segment of this test's own, with no process behind it.

import Platform

@testable import Fabric

/// A mapped, empty segment.
final class TestSegment {
    private let mapping: Mapping
    let view: SegmentView
    let holder = HolderIdentity(block: 1, nonce: 1)
    /// What its owner, this process, would say of itself.
    var hello: Hello { Hello(holder: holder, pid: Host.processNumber, segmentAddress: view.address) }

    init() throws {
        let file = try SharedMemory.create(byteCount: SegmentLayout.byteCount)
        mapping = try Mapping.shared(descriptor: file.number, byteCount: SegmentLayout.byteCount)
        view = unsafe SegmentView(base: mapping.base)
        // This process is the holder, and alive.
        HolderIdentity.join(FabricName.current(), as: holder)
    }

    /// A completion queue with this many places, at the heap's beginning.
    func makeCompletionQueue(capacity: UInt32, limit: UInt32) throws -> CompletionRing {
        let entry = try needed(view.completionQueue(3))
        entry.ring.store(UInt64(SegmentLayout.heapOffset))
        entry.capacity.store(capacity)
        entry.limit.store(limit)
        entry.state.store(CompletionQueueEntry.live)
        return try needed(CompletionRing(in: view, index: 3, isOwn: false))
    }
}

/// Something that a test needs was not there.
struct Missing: Error {}

func needed<Value>(_ value: Value?) throws -> Value {
    guard let value else { throw Missing() }
    return value
}

extension CompletionRing {
    /// The next position, of a ring that has not moved.
    func claimed(as holder: HolderIdentity) -> UInt32? {
        var ring = self
        return ring.claim(as: holder)
    }
}
