// LockWait.swift - one wait for a lock in shared memory, and what it has found out about the holder.
//
// Owns: when to look at the holder, and after how many looks its word is no longer believed.

import Platform
import Synchronization

/// A wait for a lock that another process holds, or is said to hold.
struct LockWait {
    /// What is known of the holder.
    enum Finding {
        /// It may let go any moment: go on waiting.
        case holding
        case dead
        /// It runs, and has had all the time there is.
        case lying
    }

    /// Looks at a running holder before it is disbelieved: ten milliseconds apart or more, so five seconds at least. Holding
    /// takes one copy by the kernel; a holder that is not scheduled for so long on a crowded machine is one among thousands.
    /// Tests that stage such words by the thousand lower it.
    static let looksMax = Atomic<Int>(500)

    private var patience = Patience()
    private var looks = 0
    private var seenFirst: UInt64 = 0

    /// Pauses once; what is known then of the holder that this word names.
    mutating func finding(of word: UInt64) -> Finding {
        // Another holder: the lock moves on, however slowly.
        if word != seenFirst { (seenFirst, looks) = (word, 0) }
        guard patience.pause() else { return .holding }
        switch HolderIdentity(rawValue: word).activity {
        case .ended: return .dead
        case .stopped: return .holding
        case .running:
            looks += 1
            return looks > Self.looksMax.load(ordering: .relaxed) ? .lying : .holding
        }
    }
}
