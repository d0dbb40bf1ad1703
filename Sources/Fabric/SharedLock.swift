// SharedLock.swift - a lock in shared memory that survives the death of its holder.
//
// Owns: the protocol of one word: 0 is free, anything else names the holding process. No pointers, so that a bad
// peer can at worst make others wait or take the lock; nobody sleeps on it in the kernel, so that nobody can be missed.
// Does not: repair what the dead holder was changing; `acquire` says when that is needed.
// Locking: leaf; held for a few memory operations, or for one copy by the kernel.

import Platform

/// A lock word that names its holder.
@frozen
public struct SharedLock: Sendable {
    @usableFromInline let word: SharedWord64

    @inlinable
    public init(_ word: SharedWord64) { self.word = word }

    /// How the lock was got.
    @frozen
    public enum Acquisition: Sendable {
        case clean
        /// The previous holder died holding it: what it guards may be half-changed.
        case recovered
    }

    /// Waits for the lock.
    @inlinable
    @discardableResult
    public func acquire(as holder: HolderIdentity) -> Acquisition {
        if word.replace(0, by: holder.rawValue) { return .clean }
        return acquireContended(as: holder)
    }

    /// Takes the lock if it is free.
    @inlinable
    public func tryAcquire(as holder: HolderIdentity) -> Bool { word.replace(0, by: holder.rawValue) }

    @inlinable
    public func release() { word.publish(0) }

    /// Whether somebody holds it now.
    @inlinable
    public var isHeld: Bool { word.acquire() != 0 }

    /// Waits until whoever holds it now has let go or is found dead.
    public func waitUntilReleased() {
        var patience = Patience()
        while true {
            let seen = word.acquire()
            if seen == 0 { return }
            if patience.pause(), !HolderIdentity(rawValue: seen).isAlive { return }
        }
    }

    @usableFromInline
    @inline(never)
    func acquireContended(as holder: HolderIdentity) -> Acquisition {
        var patience = Patience()
        while true {
            let seen = word.load()
            if seen == 0 {
                if word.replace(0, by: holder.rawValue) { return .clean }
            } else if patience.pause(), !HolderIdentity(rawValue: seen).isAlive, word.replace(seen, by: holder.rawValue) {
                return .recovered
            }
        }
    }
}
