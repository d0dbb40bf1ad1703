// QueuePair+SharedMemory.swift - one-sided requests on memory that the target and the poster both map.
//
// Owns: the copy. Does not: check rights (the caller has), or decide whose fault a failed copy was (the kernel's copy,
// tried after it, does).
// Locking: `sendLock` and the target's entry lock are held. HOT.

import Fabric
import Platform
import Verbs

extension QueuePair {
    /// Copies through our own mapping of the target's region, the last eight bytes after all others. False when there
    /// is no such mapping, or one of the two sides faulted.
    @inline(__always)
    func copyShared(
        _ direction: TransferDirection, _ request: SendRequest, _ payload: GatheredPayload, to target: Int,
        _ entry: KeyEntry
    ) -> Bool {
        let serial = entry.serial.load()
        if targets[target].mappedSerial != serial, !bindShared(request.remoteKey, entry, target, serial: serial) { return false }
        let offset = request.remoteAddress &- entry.virtualStart.load()
        // The entry was checked, but it is the peer's to change: what counts is what was mapped.
        let mappedBytes = targets[target].mappedBytes
        guard offset <= mappedBytes, payload.byteCount <= mappedBytes &- offset else { return false }
        var remote = targets[target].mappedAddress &+ offset
        for index in 0..<payload.pieceCount {
            let piece = localPieces[index]
            let copied = direction == .write
                ? GuardedCopy.copy(to: remote, from: piece.base, byteCount: Int(piece.length))
                : GuardedCopy.copy(to: piece.base, from: remote, byteCount: Int(piece.length))
            guard copied else { return false }
            remote &+= piece.length
        }
        return true
    }

    /// Where the word of an atomic stands in our own mapping of the target's region; nil where there is none.
    func sharedPlace(of request: SendRequest, _ target: Int, _ entry: KeyEntry) -> UInt64? {
        let serial = entry.serial.load()
        if targets[target].mappedSerial != serial, !bindShared(request.remoteKey, entry, target, serial: serial) { return nil }
        let offset = request.remoteAddress &- entry.virtualStart.load()
        let mappedBytes = targets[target].mappedBytes
        guard mappedBytes >= ScatterGatherRules.atomicBytes, offset <= mappedBytes &- ScatterGatherRules.atomicBytes else { return nil }
        return targets[target].mappedAddress &+ offset
    }

    @inline(never)
    private func bindShared(_ key: MemoryKey, _ entry: KeyEntry, _ target: Int, serial: UInt64) -> Bool {
        guard let region = peer(of: target)?.mapped(entry, key: key, serial: serial) else { return false }
        regions[target] = region
        targets[target].mappedSerial = serial
        targets[target].mappedAddress = region.address
        targets[target].mappedBytes = region.byteCount
        return true
    }
}
