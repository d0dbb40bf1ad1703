// ReceiveFacts.swift - what the owner of a queue pair vouches for about the receives it has posted.
//
// Owns: two words: "from this position on, each receive has room for so many bytes, by keys that were valid". A poster
// that needs no more than that does not read the receive itself, whose cache line then stays with its owner: two line
// transfers less for a small message.
// Does not: hold for long: withdrawing any key of the process voids it, by the key epoch that it carries.
// Locking: written by the owner before it publishes the receive that needs it; read by posters after the tail.

/// A promise about posted receives.
@frozen
public struct ReceiveFacts {
    @usableFromInline let epoch: SharedWord32
    @usableFromInline let word: SharedWord64

    @inlinable
    init(epoch: SharedWord32, word: SharedWord64) {
        self.epoch = epoch
        self.word = word
    }

    /// Whether the receive at a position is promised to hold so many bytes.
    @inlinable
    public func vouch(for position: UInt32, byteCount: UInt64, keyEpoch: SharedWord32) -> Bool {
        let promised = epoch.acquire()
        guard promised != 0, promised == keyEpoch.load() else { return false }
        let facts = word.load()
        let from = UInt32(truncatingIfNeeded: facts)
        return Int32(bitPattern: position &- from) >= 0 && byteCount <= facts >> 32
    }

    /// Promises anew, from a position on. A count of 0 promises nothing.
    @inlinable
    public func promise(from position: UInt32, byteCount: UInt64, keyEpoch: UInt32) {
        epoch.exchange(0)
        word.store(UInt64(position) | min(byteCount, UInt64(UInt32.max)) << 32)
        epoch.publish(keyEpoch)
    }

    @inlinable
    public func clear() { epoch.store(0) }
}
