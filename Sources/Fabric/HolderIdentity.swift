// HolderIdentity.swift - who holds a shared lock, so that every process of the fabric can tell whether it still lives.
//
// Owns: the form: the holder's first block of queue pair numbers, whose socket name the kernel keeps for it as long as
// it lives, and a random number, because a name may be taken again. No process number: those mean something else in
// each PID namespace, and are used again.
// Counterpart: the owner word of a robust futex.

/// A process, packed into the 64-bit word of a shared lock. Never zero.
@frozen
public struct HolderIdentity: Hashable, Sendable {
    public let rawValue: UInt64

    @inlinable
    public init(rawValue: UInt64) { self.rawValue = rawValue }

    /// - Parameter block: 1 ... 65534.
    init(block: UInt32, nonce: UInt64) { rawValue = UInt64(block & 0xffff) << 48 | nonce & 0xffff_ffff_ffff }

    /// The block whose name the holder listens on; 0 in a word that no member wrote.
    var block: UInt32 { UInt32(truncatingIfNeeded: rawValue >> 48) }
}
