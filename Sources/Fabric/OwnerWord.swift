// OwnerWord.swift - how a forked child finds out that the device is its parent's.
//
// Owns: one page that the kernel wipes in children; its word is non-zero in the process that made it. Every entry
// point reads it first: one load, no lock, nothing that a half-copied process could trip over.
// Counterpart: the doorbell page of an adapter, which a child must not inherit; madvise(2), MADV_WIPEONFORK.

import Platform

/// A word that reads zero in every forked child.
@frozen @safe
public struct OwnerWord: Sendable {
    @usableFromInline nonisolated(unsafe) let word: UnsafeMutablePointer<UInt64>

    /// Makes a page and marks it as this process's. The page stays for the life of the process.
    public init() throws(SystemError) {
        unsafe word = try ForkGuard.wipePage()
        unsafe word.pointee = 1
    }

    @inlinable
    public var isOwn: Bool { unsafe word.pointee != 0 }
}
