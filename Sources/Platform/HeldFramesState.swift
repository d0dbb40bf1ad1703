// HeldFramesState.swift - what `HeldFrames` guards by its lock.
//
// Owns: holds by index, each with its generation; the rings; the file that bytes pass through, which is mapped too.
// Order: the last eight bytes of a copy into frames are a request of their own, because programs wait for them.

/// The table of holds.
struct HeldFramesState: ~Copyable {
    private static let passBytes = 256 << 10
    private static let tailBytes = 8
    private static let pageBytes: UInt64 = 4096

    private var holds: [HoldEntry] = []
    private var freeHolds: [Int] = []
    private var rings: [FrameRing?] = []
    private let file: OwnedDescriptor
    private let pass: Mapping
    private let descriptors: DescriptorsNotForChildren

    private struct HoldEntry {
        var generation: UInt8 = 0
        var hold: FrameHold?
    }

    init() throws(SystemError) {
        let file = try SharedMemory.create(byteCount: Self.passBytes)
        let pass = try Mapping.shared(descriptor: file.number, byteCount: Self.passBytes)
        descriptors = try DescriptorsNotForChildren()
        self.file = file
        self.pass = pass
    }

    private var passAddress: UInt64 { unsafe UInt64(UInt(bitPattern: pass.base)) }
}

// Holding.
extension HeldFramesState {
    mutating func pin(address: UInt64, byteCount: UInt64) throws(SystemError) -> FrameAddress {
        var slots: [FrameSlot] = []
        do throws(SystemError) {
            var done: UInt64 = 0
            while done < byteCount {
                let part = min(byteCount - done, FrameRing.slotBytesMax)
                slots.append(try pinPart(address: address + done, byteCount: part))
                done += part
            }
            return try enter(.pinned(address: address, byteCount: byteCount, slots: slots))
        } catch {
            for slot in slots { release(slot) }
            throw error
        }
    }

    private mutating func pinPart(address: UInt64, byteCount: UInt64) throws(SystemError) -> FrameSlot {
        let index = try ringWithRoom()
        guard let slot = try rings[index]?.hold(address: address, byteCount: byteCount) else {
            throw SystemError(number: ErrorNumber.outOfMemory, call: "io_uring_register")
        }
        return FrameSlot(ring: index, slot: slot)
    }

    private mutating func ringWithRoom() throws(SystemError) -> Int {
        if let index = rings.lastIndex(where: { $0?.isFull == false }) { return index }
        let ring = try FrameRing()
        _ = descriptors.add(ring.descriptor)
        let index = rings.firstIndex { $0 == nil } ?? rings.count
        if index == rings.count { rings.append(nil) }
        rings[index] = ring
        return index
    }

    mutating func reference(address: UInt64, byteCount: UInt64) throws(SystemError) -> FrameAddress {
        let firstByte = address % Self.pageBytes
        let (end, overflow) = (firstByte + byteCount).addingReportingOverflow(Self.pageBytes - 1)
        guard !overflow else { throw SystemError(number: ErrorNumber.badAddress, call: "vmsplice") }
        let pipes = try FramePipes(address: address - firstByte, byteCount: end / Self.pageBytes * Self.pageBytes)
        for pipe in pipes.pipes { _ = descriptors.add(pipe.descriptor) }
        return try enter(.referenced(pipes, firstByte: firstByte, byteCount: byteCount))
    }

    private mutating func enter(_ hold: FrameHold) throws(SystemError) -> FrameAddress {
        guard hold.byteCount <= FrameAddress.holdBytesMax, freeHolds.isEmpty == false || holds.count < FrameAddress.holdsMax
        else { throw SystemError(number: ErrorNumber.outOfMemory, call: "frames") }
        let index = freeHolds.popLast() ?? holds.count
        if index == holds.count { holds.append(HoldEntry()) }
        holds[index].hold = hold
        return FrameAddress(index: index, generation: holds[index].generation)
    }

    mutating func release(_ frames: FrameAddress) {
        guard let hold = hold(frames) else { return }
        holds[frames.index] = HoldEntry(generation: (frames.generation + 1) & FrameAddress.generationMask, hold: nil)
        freeHolds.append(frames.index)
        switch hold {
        case .pinned(_, _, let slots): for slot in slots { release(slot) }
        case .referenced(let pipes, _, _): for pipe in pipes.pipes { descriptors.remove(pipe.descriptor) }
        }
    }

    private mutating func release(_ slot: FrameSlot) {
        guard let ring = rings[slot.ring] else { return }
        ring.release(slot.slot)
        // A ring of one slot costs a descriptor, and is made as fast as refilled.
        guard !ring.isReusable else { return }
        descriptors.remove(ring.descriptor)
        rings[slot.ring] = nil
    }

    private func hold(_ frames: FrameAddress) -> FrameHold? {
        guard frames.index < holds.count, holds[frames.index].generation == frames.generation else { return nil }
        return holds[frames.index].hold
    }
}

// Copying.
extension HeldFramesState {
    func copy(to: UInt64, from: UInt64, byteCount: Int) -> Bool {
        let tail = FrameAddress.isFrames(to) && byteCount > Self.tailBytes ? Self.tailBytes : 0
        return copyParts(to: to, from: from, byteCount: byteCount - tail)
            && copyParts(to: to + UInt64(byteCount - tail), from: from + UInt64(byteCount - tail), byteCount: tail)
    }

    private func copyParts(to: UInt64, from: UInt64, byteCount: Int) -> Bool {
        var done = 0
        while done < byteCount {
            let part = min(byteCount - done, Self.passBytes)
            guard fill(from: from + UInt64(done), part), empty(to: to + UInt64(done), part) else { return false }
            done += part
        }
        return true
    }

    /// Into the file that bytes pass through.
    private func fill(from: UInt64, _ byteCount: Int) -> Bool {
        guard let frames = FrameAddress(from) else {
            return GuardedCopy.copyAnywhere(to: passAddress, from: from, byteCount: byteCount)
        }
        return move(.fromFrames, frames, byteCount)
    }

    private func empty(to: UInt64, _ byteCount: Int) -> Bool {
        guard let frames = FrameAddress(to) else {
            return GuardedCopy.copyAnywhere(to: to, from: passAddress, byteCount: byteCount)
        }
        return move(.toFrames, frames, byteCount)
    }

    private func move(_ direction: FrameDirection, _ frames: FrameAddress, _ byteCount: Int) -> Bool {
        guard let hold = hold(frames), hold.covers(frames.offset, byteCount) else { return false }
        switch hold {
        case .pinned(let address, _, let slots):
            return movePinned(direction, address, slots, frames.offset, byteCount)
        case .referenced(let pipes, let firstByte, _):
            return direction == .fromFrames && pipes.read(firstByte + frames.offset, to: passAddress, byteCount: byteCount)
        }
    }

    /// A copy that passes from one slot to the next is refused by the kernel, so it is two.
    private func movePinned(
        _ direction: FrameDirection, _ address: UInt64, _ slots: [FrameSlot], _ offset: UInt64, _ byteCount: Int
    ) -> Bool {
        let slot = slots[Int(offset / FrameRing.slotBytesMax)]
        let room = FrameRing.slotBytesMax - offset % FrameRing.slotBytesMax
        guard UInt64(byteCount) <= room else { return false }
        return rings[slot.ring]?.move(
            direction, slot: slot.slot, address: address + offset, byteCount: byteCount, file: file.number) ?? false
    }
}
