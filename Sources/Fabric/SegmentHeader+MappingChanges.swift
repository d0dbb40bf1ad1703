// SegmentHeader+MappingChanges.swift - waiting until a process has acted on what became of its memory.
//
// Owns: the meaning of two counters. Why: the kernel lets a call that changed watched memory return when its owner has begun to
// act on it, not when it is done; who may learn of that call waits here.
// Locking: none. A peer may hold a queue pair's lock meanwhile, so an owner acts without waiting for peers.

import Platform

extension SegmentHeader {
    @usableFromInline static let mappingChangesOffset = 136

    /// Changes of watched memory that the owner has begun to read.
    @inlinable public var mappingChanges: SharedWord32 { record.word32(Self.mappingChangesOffset) }
    /// Those of them on which it has acted: keys of memory that is gone are invalid.
    @inlinable public var mappingChangesHandled: SharedWord32 { record.word32(140) }

    /// Waits until every change begun is acted upon; a fifth of a second at most, because the owner may have been stopped.
    @inline(never)
    public func awaitMappingChanges() {
        let begun = mappingChanges.acquire()
        if isHandled(begun) { return }
        let end = Clock.monotonicNanoseconds() &+ 200_000_000
        var patience = Patience()
        while !isHandled(begun), Clock.monotonicNanoseconds() < end { _ = patience.pause() }
    }

    private func isHandled(_ count: UInt32) -> Bool {
        Int32(bitPattern: mappingChangesHandled.acquire() &- count) >= 0
    }
}
