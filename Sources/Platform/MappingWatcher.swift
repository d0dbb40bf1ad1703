// MappingWatcher.swift - who hears of the program's calls that change its mappings and its locks.
//
// Owns: the shape. Locking: the watcher's own; every function but `begin` is called between `begin` and `end`, by one thread.

/// Who is told. Addresses are the program's, not checked: a call that did nothing may be told of too.
public protocol MappingWatcher: AnyObject, Sendable {
    /// Before the call. False: this process is not the watcher's, and nothing else is told.
    func begin() -> Bool
    func end()
    func unmapped(address: UInt64, byteCount: UInt64)
    func moved(address: UInt64, byteCount: UInt64, to place: UInt64, byteCount newByteCount: UInt64)
    /// Answers MADV_DONTNEED for the kernel, which refused it: 0 or -errno.
    func drop(address: UInt64, byteCount: UInt64) -> Int32
    func locked(address: UInt64, byteCount: UInt64)
    func lockedAll()
    /// Answers munlock for the kernel: 0 or -errno.
    func unlock(address: UInt64, byteCount: UInt64) -> Int32
    func unlockedAll()
}
