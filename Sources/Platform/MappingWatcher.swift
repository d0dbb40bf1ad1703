// MappingWatcher.swift - who hears of the program's calls that change its mappings and its locks.
//
// Owns: the shape. Locking: the watcher's own; every function but `begin` is called between `begin` and `end`, by one thread.

/// Who is told. Addresses are the program's, not checked: a call that did nothing may be told of too.
public protocol MappingWatcher: AnyObject, Sendable {
    /// Before the call. False: this process is not the watcher's, and nothing else is told.
    func begin() -> Bool
    func end()
    func unmapped(address: UInt64, byteCount: UInt64)
    /// - Parameter keepsOld: something stays mapped in the old place.
    func moved(address: UInt64, byteCount: UInt64, to place: UInt64, byteCount newByteCount: UInt64, keepsOld: Bool)
    /// Before a move: the kernel does not move areas that it watches together with others, and may stop half-way.
    func letGo(address: UInt64, byteCount: UInt64)
    /// Ends what `letGo` began, where the range is now.
    func watchAgain(address: UInt64, byteCount: UInt64)
    /// The kernel cannot move a range of several areas. True: it has been made one, as far as the watcher had cut it.
    func join(address: UInt64, byteCount: UInt64) -> Bool
    /// Ends what `join` began, where the range is now.
    func part(address: UInt64, byteCount: UInt64)
    /// MADV_DONTFORK was asked for.
    func forbade(address: UInt64, byteCount: UInt64)
    /// Answers MADV_DOFORK for the kernel: 0 or -errno; nil leaves it to the kernel.
    func allow(address: UInt64, byteCount: UInt64) -> Int32?
    /// Answers MADV_DONTNEED for the kernel, which refused it: 0 or -errno.
    func drop(address: UInt64, byteCount: UInt64) -> Int32
    /// The kernel has dropped the contents: MADV_DONTNEED, MADV_FREE, MADV_REMOVE.
    func dropped(address: UInt64, byteCount: UInt64)
    func locked(address: UInt64, byteCount: UInt64)
    func lockedAll()
    /// Answers munlock for the kernel: 0 or -errno; nil leaves it to the kernel.
    func unlock(address: UInt64, byteCount: UInt64) -> Int32?
    func unlockedAll()
}
