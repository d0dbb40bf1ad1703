// FrameSlot.swift - a fixed buffer of one of this process's rings.

/// Which ring, and which of its buffers.
struct FrameSlot {
    let ring: Int
    let slot: UInt32
}
