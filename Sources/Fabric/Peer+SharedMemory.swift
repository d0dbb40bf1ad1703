// Peer+SharedMemory.swift - regions of a peer that lie in shared memory, mapped here too.
//
// Owns: the list of mappings, by the registration's serial number. A mapping is dropped with the peer, or once the key's
// place has been given to another registration; it goes when no queue pair holds it either.
// Locking: `regionLock`.

import Platform
import Verbs

extension Peer {
    static let regionsMax = 1024

    /// A region of this serial number, mapped in this process; nil when it cannot be mapped here.
    public func mapped(_ entry: KeyEntry, key: MemoryKey, serial: UInt64) -> MappedRegion? {
        regionLock.withLock { () -> MappedRegion? in
            if let known = regions[serial] { return known }
            forgetReplacedRegions()
            guard regions.count < Self.regionsMax, let region = map(entry, key: key) else { return nil }
            regions[serial] = region
            return region
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
        let isWritable = AccessFlags(rawValue: entry.access.load()).needsWritableMemory
        let memory = ProvidedMemory(descriptor: file.number)
        guard let mapping = try? memory.map(offset: offset, byteCount: byteCount, writable: isWritable) else { return nil }
        let before = memory.bytesBefore(offset)
        return MappedRegion(mapping, key: key, before: before, byteCount: byteCount)
    }
}
