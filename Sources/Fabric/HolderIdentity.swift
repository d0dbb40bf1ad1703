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

    /// What that process does now. A word that names no process has ended.
    public var activity: ProcessActivity {
        let pid = Int32(truncatingIfNeeded: rawValue >> 32)
        guard pid > 0, let found = ProcessIdentity.withActivity(pid: pid), HolderIdentity(found.identity) == self else {
            return .ended
        }
        return found.activity
    }

    /// Whether that process still runs, stopped or not.
    public var isAlive: Bool { activity != .ended }
}
