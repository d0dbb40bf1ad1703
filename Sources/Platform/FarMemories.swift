// FarMemories.swift - the memory of other processes that this one may copy from and to, by addresses that no program can have.
//
// Owns: the table. Does not: copy; each entry knows how. One object a process, as with HeldFrames.
// Locking: `state`, for a look; the copy itself is made without it.
import Synchronization

/// Other processes' memory, by the addresses that the device knows it by.
public final class FarMemories: Sendable {
    private struct Entry: Sendable {
        var generation: UInt8 = 0
        var memory: (any FarMemory)?
    }

    private struct State: Sendable {
        var entries: [Entry] = []
        var free: [Int] = []
    }

    private let state = Mutex(State())

    public init() {}

    /// The address of the first byte, until `leave`; nil when there is none left.
    public func enter(_ memory: any FarMemory) -> FrameAddress? {
        state.withLock { state -> FrameAddress? in
            guard !state.free.isEmpty || state.entries.count < FrameAddress.holdsMax else { return nil }
            let index = state.free.popLast() ?? state.entries.count
            if index == state.entries.count { state.entries.append(Entry()) }
            state.entries[index].memory = memory
            return FrameAddress(index: index, generation: state.entries[index].generation, isFar: true)
        }
    }

    /// Copies that come later fail.
    public func leave(_ address: FrameAddress) {
        state.withLock { state in
            guard address.index < state.entries.count, state.entries[address.index].generation == address.generation else { return }
            state.entries[address.index] = Entry(generation: (address.generation + 1) & FrameAddress.generationMask, memory: nil)
            state.free.append(address.index)
        }
    }

    private func find(_ address: FrameAddress) -> (any FarMemory)? {
        state.withLock { state in
            guard address.index < state.entries.count, state.entries[address.index].generation == address.generation else { return nil }
            return state.entries[address.index].memory
        }
    }
}

extension FarMemories {
    private static let current = Atomic<UInt>(0)

    /// Makes this the table that copies look into. Kept for ever: a copy may be looking.
    public func install() {
        let kept = unsafe Unmanaged.passRetained(self).toOpaque()
        Self.current.store(UInt(bitPattern: kept), ordering: .releasing)
    }

    private static var installed: FarMemories? {
        guard let kept = unsafe UnsafeRawPointer(bitPattern: current.load(ordering: .acquiring)) else { return nil }
        return unsafe Unmanaged<FarMemories>.fromOpaque(kept).takeUnretainedValue()
    }

    /// A copy of which at least one side is another process's memory; nil when neither is.
    static func copy(to: UInt64, from: UInt64, byteCount: Int) -> Bool? {
        if let far = FrameAddress(to), far.isFar {
            return installed?.find(far)?.write(far.offset, from: from, byteCount: byteCount) ?? false
        }
        if let far = FrameAddress(from), far.isFar {
            return installed?.find(far)?.read(far.offset, to: to, byteCount: byteCount) ?? false
        }
        return nil
    }

    /// Changes a word of another process's memory: its value before; nil where the address is none of these, or is not reached.
    public static func change(at address: UInt64, _ change: WordChange) -> UInt64? {
        guard let far = FrameAddress(address), far.isFar else { return nil }
        return installed?.find(far)?.change(far.offset, change)
    }
}
