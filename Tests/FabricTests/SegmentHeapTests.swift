// SegmentHeapTests.swift - the heap against a set of pages.

import Testing
import TestSupport

@testable import Fabric

@Suite struct SegmentHeapTests {
    @Test(arguments: 0..<50 as Range<UInt64>)
    func agreesWithASetOfPages(seed: UInt64) {
        var random = SplitMix(seed: seed)
        let pages = 64
        let base = 1 << 20
        var heap = SegmentHeap(offset: base, byteCount: pages * SegmentHeap.granule)
        var held: [(offset: Int, byteCount: Int)] = []
        var used = Set<Int>()
        func pageSet(_ offset: Int, _ byteCount: Int) -> Range<Int> {
            let first = (offset - base) / SegmentHeap.granule
            return first..<first + (byteCount + SegmentHeap.granule - 1) / SegmentHeap.granule
        }
        for _ in 0..<400 {
            if random.next() % 2 == 0 || held.isEmpty {
                let byteCount = Int(random.next() % 40_000) + 1
                let wanted = SegmentHeap.rounded(byteCount) / SegmentHeap.granule
                if let offset = heap.allocate(byteCount) {
                    let range = pageSet(offset, byteCount)
                    #expect(range.lowerBound >= 0 && range.upperBound <= pages && used.isDisjoint(with: range), "seed \(seed)")
                    used.formUnion(range)
                    held.append((offset, byteCount))
                } else {
                    let fits = (0...pages - min(wanted, pages)).contains { start in
                        wanted <= pages && used.isDisjoint(with: start..<start + wanted)
                    }
                    #expect(!fits, "room for \(wanted) pages was refused, seed \(seed)")
                }
            } else {
                let gone = held.remove(at: Int(random.next() % UInt64(held.count)))
                heap.release(offset: gone.offset, byteCount: gone.byteCount)
                used.subtract(pageSet(gone.offset, gone.byteCount))
            }
        }
    }
}
