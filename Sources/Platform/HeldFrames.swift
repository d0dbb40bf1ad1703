// HeldFrames.swift - the frames that this process's registrations hold, and copies from and to them.
//
// Owns: the table of holds, the rings, a file through which the kernel's copies pass. Does not: decide what to hold, or
// who may touch it (Device). One object a process: a forked child makes its own, and its parent's frames are not its.
// Counterpart: struct ib_umem and the translation table of an adapter.
// Locking: `state`, for each copy too: there is one ring at a time, and a hold must not go under a copy.
import Synchronization

/// Frames by the addresses that the device knows them by.
public final class HeldFrames: Sendable {
    private let state: Mutex<HeldFramesState>

    public init() throws(SystemError) { state = Mutex(try HeldFramesState()) }

    /// Pins a range for the device to read and write.
    /// - Throws: EFAULT where the program may not write, ENOMEM beyond the user's memlock limit, or whatever io_uring says.
    public func pin(address: UInt64, byteCount: UInt64) throws(SystemError) -> FrameAddress {
        try state.withLock { state throws(SystemError) in try state.pin(address: address, byteCount: byteCount) }
    }

    /// Holds references to the pages of a range as they are, for the device to read.
    public func reference(address: UInt64, byteCount: UInt64) throws(SystemError) -> FrameAddress {
        try state.withLock { state throws(SystemError) in try state.reference(address: address, byteCount: byteCount) }
    }

    /// Lets frames go. Copies that come later fail.
    public func release(_ frames: FrameAddress) { state.withLock { $0.release(frames) } }

    func copyBytes(to: UInt64, from: UInt64, byteCount: Int) -> Bool {
        state.withLock { $0.copy(to: to, from: from, byteCount: byteCount) }
    }
}

extension HeldFrames {
    private static let current = Atomic<UInt>(0)

    /// Makes this the table that copies look into. Kept for ever: a copy may be looking.
    public func install() {
        let kept = unsafe Unmanaged.passRetained(self).toOpaque()
        Self.current.store(UInt(bitPattern: kept), ordering: .releasing)
    }

    /// A copy of which at least one side is held frames, or another process's memory.
    @inline(never)
    @usableFromInline
    static func copy(to: UInt64, from: UInt64, byteCount: Int) -> Bool {
        if FrameAddress.isNull(to) { return true }
        if FrameAddress.isNull(from) { return clear(to, byteCount: byteCount) }
        if let isDone = FarMemories.copy(to: to, from: from, byteCount: byteCount) { return isDone }
        guard let kept = unsafe UnsafeRawPointer(bitPattern: current.load(ordering: .acquiring)) else { return false }
        let frames = unsafe Unmanaged<HeldFrames>.fromOpaque(kept).takeUnretainedValue()
        return frames.copyBytes(to: to, from: from, byteCount: byteCount)
    }

    private static let zeroBytes = 64 << 10
    /// Untouched pages read as zeroes.
    private static let zeroes: UInt64 = {
        guard let pages = try? Mapping.privatePages(byteCount: zeroBytes) else { return 0 }
        return unsafe UInt64(UInt(bitPattern: pages.leak()))
    }()

    /// What reading memory that is none does to its destination.
    private static func clear(_ to: UInt64, byteCount: Int) -> Bool {
        guard zeroes != 0 else { return false }
        return stride(from: 0, to: byteCount, by: zeroBytes).allSatisfy { done in
            GuardedCopy.copyAnywhere(
                to: to + UInt64(done), from: zeroes, byteCount: min(zeroBytes, byteCount - done))
        }
    }
}
