// SegmentHeap.swift - gives out places for rings in a process's own segment.
//
// Owns: the list of free ranges, in private memory: peers cannot touch it. First fit, in pages.
// Does not: zero what it gives back; the owner punches holes.
// Locking: the caller's (Member's control lock).

/// A first-fit allocator of page ranges.
struct SegmentHeap {
    /// Free ranges, sorted, never adjacent. Offsets and sizes in bytes.
    private var free: [(offset: Int, byteCount: Int)]
    static let granule = 4096

    init(offset: Int, byteCount: Int) { free = [(offset, byteCount)] }

    static func rounded(_ byteCount: Int) -> Int { (byteCount + granule - 1) & ~(granule - 1) }

    /// The offset of a free range of at least this size; nil when there is none.
    mutating func allocate(_ byteCount: Int) -> Int? {
        let size = Self.rounded(byteCount)
        for index in free.indices where free[index].byteCount >= size {
            let offset = free[index].offset
            if free[index].byteCount == size {
                free.remove(at: index)
            } else {
                free[index] = (offset + size, free[index].byteCount - size)
            }
            return offset
        }
        return nil
    }

    mutating func release(offset: Int, byteCount: Int) {
        let size = Self.rounded(byteCount)
        let index = free.firstIndex { $0.offset > offset } ?? free.count
        free.insert((offset, size), at: index)
        mergeWithNext(index)
        if index > 0 { mergeWithNext(index - 1) }
    }

    private mutating func mergeWithNext(_ index: Int) {
        guard index + 1 < free.count, free[index].offset + free[index].byteCount == free[index + 1].offset else { return }
        free[index].byteCount += free[index + 1].byteCount
        free.remove(at: index + 1)
    }
}
