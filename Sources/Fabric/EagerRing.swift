// EagerRing.swift - room in the target's segment for messages too large for a completion slot and too small for a
// system call.
//
// Owns: the arithmetic of a byte ring in which no message wraps. Written by the poster under the queue pair's lock,
// given back by the owner when it polls, in the same order.

/// A ring of bytes, one for each queue pair.
public enum EagerRing {
    /// A power of two. Pages of it cost memory only once used.
    public static let byteCount: UInt32 = 64 << 10
    /// Larger messages are copied by the kernel straight into the target's buffers.
    public static let messageBytesMax: UInt32 = 8 << 10

    /// Where a message of this size may begin, in wrapping bytes since ever; nil when there is no room.
    @inlinable
    public static func place(_ size: UInt32, head: UInt32, tail: UInt32) -> UInt32? {
        let toEnd = byteCount &- (head & (byteCount - 1))
        let begin = size <= toEnd ? head : head &+ toEnd
        return end(of: begin, size: size) &- tail <= byteCount ? begin : nil
    }

    /// Where the next message may begin after one of this size.
    @inlinable
    public static func end(of begin: UInt32, size: UInt32) -> UInt32 {
        begin &+ ((size &+ 63) & ~63)
    }

    /// Offset in the ring, or nil when the message would not lie inside it (a bad peer's number).
    @inlinable
    public static func offset(of begin: UInt32, size: UInt32) -> Int? {
        let offset = begin & (byteCount - 1)
        guard size <= messageBytesMax &+ 64, offset &+ size <= byteCount else { return nil }
        return Int(offset)
    }
}
