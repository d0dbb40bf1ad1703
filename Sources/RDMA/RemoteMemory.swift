// RemoteMemory.swift - a piece of a peer's memory, by address and key.
//
// Owns: plain numbers, and their text. Does not: promise anything; the peer may withdraw the key at any time.
// Spec: IBA vol 1, 10.6.3.   C: remote_addr and rkey of a work request.

import Verbs

/// A piece of a peer's memory: what one-sided requests write to and read from.
///
/// A peer gets it from ``MemoryRegion/remote`` and passes it on, as text by `description` and ``init(_:)`` or by any means
/// of its own. It is a name, not a promise: where the peer withdraws its region, requests fail with `remoteAccessError`.
public struct RemoteMemory: Hashable, Sendable {
    /// Where it begins, as the peer's region names it.
    public var address: UInt64
    /// The size in bytes.
    public var byteCount: Int
    /// The key of the peer's region.
    public var key: MemoryKey

    /// Names memory whose parts came by some means of the program's own.
    public init(address: UInt64, byteCount: Int, key: MemoryKey) {
        self.address = address
        self.byteCount = byteCount
        self.key = key
    }

    /// A part of it: `remote[64..<128]`.
    /// - Precondition: the range lies within it.
    public subscript(range: Range<Int>) -> RemoteMemory {
        guard range.lowerBound >= 0, range.upperBound <= byteCount else {
            Misuse.outside(range.lowerBound, range.count, of: "RemoteMemory", byteCount)
        }
        return RemoteMemory(address: address &+ UInt64(range.lowerBound), byteCount: range.count, key: key)
    }
}

extension RemoteMemory: LosslessStringConvertible {
    /// Address, size and key in hexadecimal: `7f3a5c000000-1000-00000501`.
    public var description: String { TextFields([(address, 1), (UInt64(byteCount), 1), (UInt64(key.rawValue), 8)]).text }

    /// Reads what ``description`` wrote; nil for anything else.
    public init?(_ description: String) {
        guard let fields = TextFields(description, count: 3), let byteCount = Int(exactly: fields[1]),
            let key = UInt32(exactly: fields[2])
        else { return nil }
        self.init(address: fields[0], byteCount: byteCount, key: MemoryKey(rawValue: key))
    }
}
