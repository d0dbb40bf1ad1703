// KeyEntry.swift - one memory key, in its owner's segment.
//
// Owns: the meaning of each word. Written by the owner only, except `touched`.
// Locking: peers look a key up under the lock of the queue pair they act through, and set `touched` first; an owner
// that withdraws a key clears `key` and then, if it was touched, waits until every queue pair that was locked has been
// let go. Nothing acts under the key after that.

import Platform
import Verbs

/// One memory key.
@frozen
public struct KeyEntry {
    @usableFromInline let record: SharedRecord

    @inlinable
    init(_ record: SharedRecord) { self.record = record }

    /// The whole key while it is valid, else 0.
    @inlinable public var key: SharedWord32 { record.word32(0) }
    /// 1 once a peer looked it up.
    @inlinable public var touched: SharedWord32 { record.word32(4) }
    /// First byte, as an address of the owner.
    @inlinable public var start: SharedWord64 { record.word64(8) }
    @inlinable public var byteCount: SharedWord64 { record.word64(16) }
    /// First byte, as requests name it.
    @inlinable public var virtualStart: SharedWord64 { record.word64(24) }
    @inlinable public var protectionDomain: SharedWord32 { record.word32(32) }
    @inlinable public var access: SharedWord32 { record.word32(36) }
    /// When the region is shared memory: the owner's descriptor of its file, plus one; 0 otherwise.
    @inlinable public var file: SharedWord32 { record.word32(40) }
    /// 0 for a region. A window's kind, and above 8 bits the number of the queue pair that a type 2 window is bound on.
    @inlinable public var window: SharedWord32 { record.word32(44) }
    /// Where the region begins in that file.
    @inlinable public var fileOffset: SharedWord64 { record.word64(48) }
    /// Counts this process's registrations: unlike a key, never used again.
    @inlinable public var serial: SharedWord64 { record.word64(56) }

    /// Whether the peers of a queue pair may use the key: a type 2 window is one queue pair's.
    @inlinable
    public func isOpen(to queuePair: SharedWord32) -> Bool {
        let owner = window.load() >> 8
        return owner == 0 || owner == queuePair.load() & 0xff_ffff
    }

    /// Whether its memory is watched: who looks it up waits first, see `SegmentHeader.awaitMappingChanges`.
    @inlinable public var isWatched: Bool { access.load() & AccessFlags.watched.rawValue != 0 }

    /// What access checks look at.
    @inlinable
    public var descriptor: RegionDescriptor {
        let key = MemoryKey(rawValue: self.key.acquire())
        return RegionDescriptor(
            start: virtualStart.load(), length: byteCount.load(),
            protectionDomain: ProtectionDomainNumber(rawValue: protectionDomain.load()),
            access: AccessFlags(rawValue: access.load()), key: key)
    }

    /// The owner's address for an address named by a request.
    @inlinable
    public func translate(_ address: UInt64) -> UInt64 {
        if access.load() & AccessFlags.null.rawValue != 0 { return FrameAddress.null }
        return start.load() &+ (address &- virtualStart.load())
    }
}
