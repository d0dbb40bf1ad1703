// ObservedObjects.swift - what a process has made, read from its segment.
//
// Owns: a copy of the numbers; the segment is unmapped again at once.
// Locking: none; numbers that change meanwhile may not fit together.

import Platform
import Verbs

/// The objects of one process at one moment.
public struct ObservedObjects: Sendable {
    public let contexts: UInt32
    public let completionQueues: UInt32
    public let sharedReceiveQueues: UInt32
    public let memoryRegions: UInt32
    /// Base pages charged for registrations.
    public let pinnedPages: UInt64
    public let queuePairs: [ObservedQueuePair]
    /// What registrations hold; empty where it was not asked for.
    public let holds: [ObservedHold]

    /// Reads a segment; nil if it is not one of this layout.
    init?(segment: borrowing OwnedDescriptor, withHolds: Bool) {
        guard SharedMemory.isSealed(segment.number, byteCount: SegmentLayout.byteCount),
            let mapping = try? Mapping.shared(
                descriptor: segment.number, byteCount: SegmentLayout.byteCount, writable: false)
        else { return nil }
        let view = unsafe SegmentView(base: mapping.base)
        guard view.header.magic.acquire() == SegmentLayout.magic else { return nil }
        contexts = view.header.contexts.load()
        completionQueues = view.header.completionQueues.load()
        sharedReceiveQueues = view.header.sharedReceiveQueues.load()
        memoryRegions = view.header.regions.load()
        pinnedPages = view.header.pinnedPages.load()
        let bound = min(Int(view.header.queuePairBound.acquire()), SegmentLayout.queuePairCount)
        queuePairs = (0..<bound).compactMap { index in view.queuePair(index).flatMap(ObservedQueuePair.init) }
        holds = withHolds ? ObservedHold.all(in: view) : []
        // The view must not outlive the mapping.
        _ = consume mapping
    }
}
