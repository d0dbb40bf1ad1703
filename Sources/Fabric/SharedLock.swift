// SharedLock.swift - a lock in shared memory that survives the death of its holder.
//
// Owns: the protocol of one word: 0 is free, anything else names the holding process. No pointers, so that a bad
// peer can at worst make others wait or take the lock; nobody sleeps on it in the kernel, so that nobody can be missed.
// A holder that runs and still does not let go within seconds never held it, or never will let go: posters give up, and
// the owner of the segment takes its word back. One that is stopped is waited for: it may be in the middle of a write.
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
        /// Not got: whoever the word names runs and does not let go.
        case refused
    }

    /// Waits for the lock, in a peer's segment.
    @inlinable
    public func acquire(as holder: HolderIdentity) -> Acquisition {
        if word.replace(0, by: holder.rawValue) { return .clean }
        return acquireContended(as: holder)
    }

    /// Waits for the lock, in our own segment: never refused.
    @inlinable
    @discardableResult
    public func acquireOwn(as holder: HolderIdentity) -> Acquisition {
        if word.replace(0, by: holder.rawValue) { return .clean }
        return acquireOwnContended(as: holder)
    }

    /// Takes the lock if it is free.
    @inlinable
    public func tryAcquire(as holder: HolderIdentity) -> Bool { word.replace(0, by: holder.rawValue) }

    /// Takes the lock from a holder that has died. False while it is free or its holder lives.
    public func recover(as holder: HolderIdentity) -> Bool {
        let seen = word.acquire()
        return seen != 0 && !HolderIdentity(rawValue: seen).isAlive && word.replace(seen, by: holder.rawValue)
    }

    @inlinable
    public func release() { word.publish(0) }

    /// Whether somebody holds it now.
    @inlinable
    public var isHeld: Bool { word.acquire() != 0 }

    /// Waits until whoever holds it now has let go, is found dead, or is taken for a lie.
    public func waitUntilReleased() {
        var wait = LockWait()
        while true {
            let seen = word.acquire()
            if seen == 0 || wait.finding(of: seen) != .holding { return }
        }
    }

    @usableFromInline
    @inline(never)
    func acquireContended(as holder: HolderIdentity) -> Acquisition {
        var wait = LockWait()
        while true {
            let seen = word.load()
            if seen == 0 {
                if word.replace(0, by: holder.rawValue) { return .clean }
                continue
            }
            switch wait.finding(of: seen) {
            case .holding: continue
            case .dead: if word.replace(seen, by: holder.rawValue) { return .recovered }
            case .lying: return .refused
            }
        }
    }

    @usableFromInline
    @inline(never)
    func acquireOwnContended(as holder: HolderIdentity) -> Acquisition {
        while true {
            let acquisition = acquireContended(as: holder)
            if acquisition != .refused { return acquisition }
            let seen = word.load()
            if seen != 0, word.replace(seen, by: holder.rawValue) { return .recovered }
        }
    }
}
