// PrivateLock.swift - a lock between the threads of one process.
//
// Why not the standard library's: its Mutex traps in a forked child whose parent's other thread held it. A child never
// touches these (the owner word is checked first), and a plain word leaves nothing to trap on.
// Locking: leaf unless the user of the lock says otherwise.

public import Platform
import Synchronization

/// A spinning, then yielding lock. Lives where it is put; not recursive.
public struct PrivateLock: ~Copyable {
    @usableFromInline let word = Atomic<UInt32>(0)

    @inlinable
    public init() {}

    @inlinable
    public borrowing func acquire() {
        if word.compareExchange(expected: 0, desired: 1, ordering: .acquiring).exchanged { return }
        acquireContended()
    }

    @inlinable
    public borrowing func tryAcquire() -> Bool {
        word.compareExchange(expected: 0, desired: 1, ordering: .acquiring).exchanged
    }

    @inlinable
    public borrowing func release() { word.store(0, ordering: .releasing) }

    /// Runs `body` with the lock held. For control paths; data paths acquire and release by hand.
    ///
    /// What it answers may be a reference, and must be counted before the lock goes: the compiler may count later than an
    /// atomic store, but not later than a call of which it knows nothing.
    @inlinable
    public borrowing func withLock<Result: ~Copyable, Failure: Error>(_ body: () throws(Failure) -> Result) throws(Failure) -> Result {
        acquire()
        defer {
            Thread.unknownCall()
            release()
        }
        return try body()
    }

    @usableFromInline
    @inline(never)
    borrowing func acquireContended() {
        var patience = Patience()
        while !tryAcquire() { _ = patience.pause() }
    }
}
