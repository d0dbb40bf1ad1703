// Peer+SharedMemory.swift - regions of a peer that lie in shared memory, mapped here too.
//
// Owns: the mappings, by the registration's serial number. They go with the peer, or once the key's place has been
// given to another registration: the owner does that only after everyone who acted under the old one has finished.
// Locking: `regionLock`. Whoever uses an address holds the lock of the queue pair through which it looked the key up.

import Platform
import Verbs

extension Peer {
    static let regionsMax = 1024

    /// Where the first byte of a region stands in this process; nil when it cannot be mapped here.
    public func mapped(_ entry: KeyEntry, key: MemoryKey) -> UInt64? {
        let serial = entry.serial.load()
        return regionLock.withLock { () -> UInt64? in
            if let known = regions[serial] { return known.address }
            forgetReplacedRegions()
            guard regions.count < Self.regionsMax, let region = map(entry, key: key) else { return nil }
            regions[serial] = region
            return region.address
        }
    }

    private func forgetReplacedRegions() {
        regions = regions.filter { serial, region in view.key(region.key)?.serial.load() == serial }
    }

    private func map(_ entry: KeyEntry, key: MemoryKey) -> MappedRegion? {
        let number = Int32(truncatingIfNeeded: entry.file.load()) &- 1
        let offset = entry.fileOffset.load()
        let byteCount = entry.byteCount.load()
        guard number >= 0, byteCount > 0, byteCount <= 1 << 46, offset <= 1 << 62,
            let file = try? process.duplicate(number)
        else { return nil }
        let page = UInt64(Host.pageBytes)
        let before = offset % page
        guard
            let mapping = try? Mapping.shared(
                descriptor: file.number, offset: offset - before, byteCount: Int(byteCount + before))
        else { return nil }
        return MappedRegion(mapping, key: key, before: before)
    }
}
