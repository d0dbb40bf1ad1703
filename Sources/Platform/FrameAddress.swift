// FrameAddress.swift - how the device names bytes of held frames: by no address that a program can have.
//
// Owns: the form. 63: set; 62: the bytes are another process's (FarMemories); 61-60: generation; 59-40: index in the table of
// holds; 39-0: offset in the hold.
// The kernel answers EFAULT to such an address, so that whoever forgets to ask for frames gets an error and no bytes.

/// A byte of held frames.
@frozen
public struct FrameAddress: Hashable, Sendable {
    public let rawValue: UInt64

    static let offsetBits: UInt64 = 40
    static let indexBits: UInt64 = 20
    /// Bytes that one hold may have.
    public static let holdBytesMax = UInt64(1) << offsetBits
    /// One less than there are indices: the last one stands for no frames.
    static let holdsMax = 1 << Int(indexBits) - 1

    /// A generation after the last one is the first one again.
    static let generationMask: UInt8 = 3

    init(index: Int, generation: UInt8, isFar: Bool = false) {
        rawValue = (isFar ? 3 : 2) << 62 | UInt64(generation & Self.generationMask) << 60 | UInt64(index) << Self.offsetBits
    }

    /// Nil for an address of the program's.
    init?(_ address: UInt64) {
        guard Self.isFrames(address) else { return nil }
        rawValue = address
    }

    var isFar: Bool { Self.isFar(rawValue) }

    /// Whether an address names another process's memory. HOT.
    @inlinable
    public static func isFar(_ address: UInt64) -> Bool { address >> 62 == 3 }

    var index: Int { Int(rawValue >> Self.offsetBits) & Self.holdsMax }
    var generation: UInt8 { UInt8(truncatingIfNeeded: rawValue >> 60) & Self.generationMask }
    var offset: UInt64 { rawValue & (Self.holdBytesMax - 1) }

    /// Memory that is none: the first byte of so much that no copy reaches its end.
    @inlinable public static var null: UInt64 { 1 << 63 | 0xf_ffff << 40 }

    static func isNull(_ address: UInt64) -> Bool { address >> offsetBits == null >> offsetBits }

    /// Whether an address names frames, or another process's memory, rather than what is mapped there. HOT.
    @inlinable
    public static func isFrames(_ address: UInt64) -> Bool { address >> 63 != 0 }
}
