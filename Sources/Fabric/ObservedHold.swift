// ObservedHold.swift - memory that the registrations of a process hold, as others see it.

import Verbs

/// Pages in a row that the same number of registrations hold.
public struct ObservedHold: Sendable, Equatable {
    public let pages: PageRange
    public let registrations: UInt32
    /// Whether frames are held, which are named here by the addresses that requests use; else what is mapped there counts.
    public let isByFrame: Bool

    public var firstByte: UInt64 { pages.first.rawValue * PageSize.base4K.bytes }
    public var lastByte: UInt64 { pages.end.rawValue &* PageSize.base4K.bytes &- 1 }

    /// Everything held, read from a segment: what is by address first, each in order. Regions on demand hold nothing, nor do
    /// windows; memory of the device is not the program's. Numbers of a peer that are no range of pages are left out.
    static func all(in view: SegmentView) -> [ObservedHold] {
        var addresses = PinLedger()
        var frames = PinLedger()
        let bound = min(Int(view.header.keyBound.acquire()), SegmentLayout.keyCount)
        for index in 0..<UInt32(bound) {
            guard let entry = view.key(MemoryKey(index: index, generation: 0)), let hold = hold(entry) else { continue }
            if hold.isByFrame { _ = frames.add(hold.pages) } else { _ = addresses.add(hold.pages) }
        }
        return addresses.entries.map { ObservedHold(pages: $0.pages, registrations: $0.count, isByFrame: false) }
            + frames.entries.map { ObservedHold(pages: $0.pages, registrations: $0.count, isByFrame: true) }
    }

    private static func hold(_ entry: KeyEntry) -> ObservedHold? {
        let access = AccessFlags(rawValue: entry.access.load())
        guard entry.key.acquire() != 0, access.isDisjoint(with: [.null, .window, .onDemand, .deviceMemory, .object]) else { return nil }
        let isByFrame = entry.start.load() >> 63 != 0
        let start = isByFrame ? entry.virtualStart.load() : entry.start.load()
        guard let pages = PageSize.base4K.pages(address: start, length: entry.byteCount.load()), pages.count > 0 else { return nil }
        return ObservedHold(pages: pages, registrations: 1, isByFrame: isByFrame)
    }
}
