// MemoryLock.swift - pages of this process, kept in memory.
//
// Owns: nothing; the kernel's locks belong to mappings and do not count. Counterpart: mlock(2), munlock(2).
import CPlatform

/// The kernel's locks of pages.
public enum MemoryLock {
    /// Locks a range and brings its pages. Pages of writable private memory become the process's own.
    /// - Throws: EPERM, ENOMEM (the limit; or a page that cannot be brought), EAGAIN; some of it may be locked then.
    public static func lock(address: UInt64, byteCount: UInt64) throws(SystemError) {
        try SystemError.check(verbena_memory_lock(address, byteCount), "mlock")
    }

    /// Unlocks what is mapped of a range.
    public static func unlock(address: UInt64, byteCount: UInt64) {
        // It stops at the first hole.
        guard verbena_memory_unlock(address, byteCount) != 0 else { return }
        for part in MappingQuery.mapped(in: address..<(address + byteCount)) {
            _ = verbena_memory_unlock(part.lowerBound, UInt64(part.count))
        }
    }

    /// Unlocks a range as the call does.
    /// - Throws: EINVAL, ENOMEM where part of it is not mapped.
    public static func unlockAll(address: UInt64, byteCount: UInt64) throws(SystemError) {
        try SystemError.check(verbena_memory_unlock(address, byteCount), "munlock")
    }

    /// The parts of a range that are locked, by whomever.
    public static func locked(in range: Range<UInt64>) -> [Range<UInt64>] {
        guard isAnyLocked(range) else { return [] }
        return MappingQuery.mapped(in: range).filter(isAnyLocked)
    }

    /// A mapping is locked as a whole or not at all.
    private static func isAnyLocked(_ range: Range<UInt64>) -> Bool {
        verbena_memory_is_locked(range.lowerBound, UInt64(range.count)) == 1
    }

    /// Drops the contents of a range, as MADV_DONTNEED; with `thoughLocked` of locked pages too (Linux 5.18).
    /// - Throws: EINVAL for locked pages, ENOMEM where part is not mapped.
    public static func drop(address: UInt64, byteCount: UInt64, thoughLocked: Bool) throws(SystemError) {
        try SystemError.check(verbena_memory_drop(address, byteCount, thoughLocked), "madvise MADV_DONTNEED")
    }
}
