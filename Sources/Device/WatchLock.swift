// WatchLock.swift - the lock of one that hears of the program's calls that change its mappings or locks.
//
// Owns: that it is taken only in the process that made it. Does not: tell anybody (MappingWatchers).
// Locking: it is one. Held through each of the program's calls, and, unwatched, around what the device asks of the kernel itself.

import Fabric
import Platform

/// Held from `begin` to `end` by the thread that makes the call.
struct WatchLock: ~Copyable {
    private let owner: OwnerWord
    private let lock = PrivateLock()

    init(owner: OwnerWord) { self.owner = owner }

    /// False in a forked child: the lock is its parent's.
    borrowing func begin() -> Bool {
        guard owner.isOwn else { return false }
        lock.acquire()
        return true
    }

    /// The compiler may count references later than an atomic store, but not later than a call of which it knows nothing.
    borrowing func end() {
        Thread.unknownCall()
        lock.release()
    }

    /// For the device's own calls, of which nobody is told.
    borrowing func whileHeld<Result, Failure: Error>(_ body: () throws(Failure) -> Result) throws(Failure) -> Result {
        try MappingWatch.unwatched { () throws(Failure) in
            try lock.withLock { () throws(Failure) in try body() }
        }
    }
}
