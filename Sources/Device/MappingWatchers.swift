// MappingWatchers.swift - those of the device who hear of the program's calls that change its mappings and its locks.
//
// Owns: their order. Does not: know what follows from a change (MemoryLocks, ForkProtector, StaleRegions).
// Locking: theirs, always in this order.

import Platform

/// Tells each of those that are there.
final class MappingWatchers: MappingWatcher {
    private let locks: MemoryLocks?
    private let forkProtector: ForkProtector?
    private let stale: StaleRegions?

    init(locks: MemoryLocks?, forkProtector: ForkProtector?, stale: StaleRegions?) {
        self.locks = locks
        self.forkProtector = forkProtector
        self.stale = stale
    }

    /// All belong to the process that made them, or none does.
    func begin() -> Bool {
        guard locks?.begin() != false else { return false }
        guard forkProtector?.begin() != false else { return false }
        return stale?.begin() != false
    }

    func end() {
        forkProtector?.end()
        locks?.end()
        // Waits for posters, who may be waiting for the others.
        stale?.end()
    }

    func unmapped(address: UInt64, byteCount: UInt64) {
        locks?.unmapped(address: address, byteCount: byteCount)
        forkProtector?.unmapped(address: address, byteCount: byteCount)
        stale?.unmapped(address: address, byteCount: byteCount)
    }

    func moved(address: UInt64, byteCount: UInt64, to place: UInt64, byteCount newByteCount: UInt64, keepsOld: Bool) {
        locks?.moved(address: address, byteCount: byteCount, to: place, byteCount: newByteCount)
        forkProtector?.moved(address: address, byteCount: byteCount, to: place, byteCount: newByteCount, keepsOld: keepsOld)
        stale?.moved(address: address, byteCount: byteCount, to: place, byteCount: newByteCount)
    }

    func join(address: UInt64, byteCount: UInt64) -> Bool {
        forkProtector?.join(address: address, byteCount: byteCount) ?? false
    }

    func part(address: UInt64, byteCount: UInt64) { forkProtector?.part(address: address, byteCount: byteCount) }

    func letGo(address: UInt64, byteCount: UInt64) { stale?.letGo(address: address, byteCount: byteCount) }

    func watchAgain(address: UInt64, byteCount: UInt64) { stale?.watchAgain(address: address, byteCount: byteCount) }

    func forbade(address: UInt64, byteCount: UInt64) { forkProtector?.applicationForbade(address: address, byteCount: byteCount) }

    func allow(address: UInt64, byteCount: UInt64) -> Int32? {
        forkProtector?.applicationAllows(address: address, byteCount: byteCount)
    }

    func drop(address: UInt64, byteCount: UInt64) -> Int32 {
        let result = locks?.drop(address: address, byteCount: byteCount) ?? -ErrorNumber.invalidArgument
        if result == 0 { dropped(address: address, byteCount: byteCount) }
        return result
    }

    func dropped(address: UInt64, byteCount: UInt64) { stale?.dropped(address: address, byteCount: byteCount) }

    func locked(address: UInt64, byteCount: UInt64) { locks?.locked(address: address, byteCount: byteCount) }

    func lockedAll() { locks?.lockedAll() }

    func unlock(address: UInt64, byteCount: UInt64) -> Int32? { locks?.unlock(address: address, byteCount: byteCount) }

    func unlockedAll() { locks?.unlockedAll() }
}
