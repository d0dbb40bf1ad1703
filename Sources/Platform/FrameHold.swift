// FrameHold.swift - what holds the frames of one range.
//
// Owns: where they are held. Does not: hold them (FrameRing, FramePipes).

/// The frames of one range.
enum FrameHold {
    /// Fixed buffers of at most `FrameRing.slotBytesMax` each, one after the other; the device may write.
    case pinned(address: UInt64, byteCount: UInt64, slots: [FrameSlot])
    /// References, from the first page of the range on; the device only reads.
    case referenced(FramePipes, firstByte: UInt64, byteCount: UInt64)

    var byteCount: UInt64 {
        switch self {
        case .pinned(_, let byteCount, _), .referenced(_, _, let byteCount): byteCount
        }
    }

    func covers(_ offset: UInt64, _ byteCount: Int) -> Bool {
        offset <= self.byteCount && UInt64(byteCount) <= self.byteCount - offset
    }
}
