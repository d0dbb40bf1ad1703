// Peer+SharedMemory.swift - regions of a peer that lie in shared memory, mapped here too.
//
// Owns: the mappings, by key; they go with the peer, or when their number grows beyond a bound.
// Locking: `regionLock`. Whoever uses an address holds the lock of the queue pair through which it looked the key up,
// and looks the key itself up first: a mapping of a withdrawn key is never used.

import Platform
import Verbs

extension Peer {
    static let regionsMax = 1024

    /// Where the first byte of a region stands in this process; nil when it cannot be mapped here.
    public func mapped(_ entry: KeyEntry, key: MemoryKey) -> UInt64? {
        regionLock.withLock { () -> UInt64? in
            if let known = regions[key.rawValue] { return known.address }
            guard let region = map(entry) else { return nil }
            regions[key.rawValue] = region
            return region.address
        }
    }

    private func map(_ entry: KeyEntry) -> MappedRegion? {
        let number = Int32(truncatingIfNeeded: entry.file.load()) - 1
        let offset = entry.fileOffset.load()
        let byteCount = entry.byteCount.load()
        guard number >= 0, byteCount > 0, byteCount <= 1 << 46, offset <= 1 << 62, regions.count < Self.regionsMax,
            let file = try? process.duplicate(number)
        else { return nil }
        let page = UInt64(Host.pageBytes)
        let before = offset % page
        guard
            let mapping = try? Mapping.shared(
                descriptor: file.number, offset: offset - before, byteCount: Int(byteCount + before))
        else { return nil }
        return MappedRegion(mapping, before: before)
    }
}
