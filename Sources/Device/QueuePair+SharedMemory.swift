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
        if targets[target].mappedSerial != entry.serial.load(), !bindShared(request.remoteKey, entry, target) { return false }
        let offset = request.remoteAddress &- entry.virtualStart.load()
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

    @inline(never)
    private func bindShared(_ key: MemoryKey, _ entry: KeyEntry, _ target: Int) -> Bool {
        guard let address = peer(of: target)?.mapped(entry, key: key) else { return false }
        targets[target].mappedSerial = entry.serial.load()
        targets[target].mappedAddress = address
        return true
    }
}
