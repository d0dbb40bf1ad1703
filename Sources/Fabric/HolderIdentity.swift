// HolderIdentity.swift - who holds a shared lock.
//
// Counterpart: the owner word of a robust futex, with the start time added because a bare pid may be reused.

import Platform

/// A process, packed into the 64-bit word of a shared lock. Never zero.
@frozen
public struct HolderIdentity: Equatable, Sendable {
    public let rawValue: UInt64

    @inlinable
    public init(rawValue: UInt64) { self.rawValue = rawValue }

    public init(_ process: ProcessIdentity) {
        rawValue = UInt64(UInt32(bitPattern: process.pid)) << 32 | (process.startTime & 0xffff_ffff)
    }

    /// Whether that process still runs. A word that names no process is not alive.
    public var isAlive: Bool {
        let pid = Int32(truncatingIfNeeded: rawValue >> 32)
        guard pid > 0, let found = ProcessIdentity.of(pid: pid) else { return false }
        return HolderIdentity(found) == self && found.isAlive()
    }
}
