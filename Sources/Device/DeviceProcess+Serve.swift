// DeviceProcess+Serve.swift - copies for peers that may not touch this process's memory.
//
// Owns: the check of each request by what this process itself remembers, in memory that no peer can write: its queue
// pairs, its keys, its posted receives. What stands in a transfer slot is a peer's word.
// Does not: complete anything; the poster does, as after a copy by the kernel.
// Counterpart: process_vm_writev(2) and its access check; IBA vol 1, 9.7.4 (responder).
// Locking: `serving`; whoever holds it takes every request that it finds. Under it: a key table's, a receive queue's or a
// shared receive queue's lock, each for a look.

import Fabric
import Platform
import Synchronization
import Verbs

extension DeviceProcess {
    /// Works on what peers have asked for. False when there was nothing, or another thread is at it.
    public func serveRequests() -> Bool {
        var served = false
        let pending = view.header.transfersPending
        let thread = Thread.identity
        // A copy from or to imported memory waits for another agent, which may be waiting for us.
        if servingThread.load(ordering: .relaxed) == thread { return servePending() }
        // Who comes while we work finds the lock held and goes; so we look again after letting go.
        while pending.load() != 0, serving.tryAcquire() {
            servingThread.store(thread, ordering: .relaxed)
            _ = servePending()
            servingThread.store(0, ordering: .relaxed)
            serving.release()
            served = true
        }
        return served
    }

    private func servePending() -> Bool {
        var bits = view.header.transfersPending.exchange(0)
        let served = bits != 0
        while bits != 0 {
            serve(view.transfer(bits.trailingZeroBitCount))
            bits &= bits &- 1
        }
        return served
    }

    private func serve(_ slot: TransferSlot) {
        guard slot.begin() else { return }
        defer { slot.end() }
        var finished = slot.finished.load()
        // More than a window ahead is no honest poster's.
        for _ in 0..<SegmentLayout.transferWindow where slot.submitted.acquire() != finished && slot.verdict.load() == 0 {
            if let verdict = serveChunk(slot, finished) { slot.verdict.publish(verdict.rawValue) }
            finished &+= 1
            slot.finish(finished)
        }
        if slot.submitted.acquire() != finished, slot.verdict.load() == 0 {
            view.header.transfersPending.set(bits: 1 << UInt64(slot.index))
        }
    }

    /// Nil when the chunk was copied.
    private func serveChunk(_ slot: TransferSlot, _ chunk: UInt32) -> TransferVerdict? {
        let total = slot.byteCount.load()
        let offset = UInt64(chunk) * UInt64(SegmentLayout.transferChunkBytes)
        guard let kind = TransferKind(rawValue: slot.kind.load()), offset < total,
            let target = ServedTarget(slot, in: self)
        else { return .refused }
        let byteCount = Int(min(total - offset, UInt64(SegmentLayout.transferChunkBytes)))
        let buffer = slot.chunk(chunk)
        switch kind {
        case .write, .read:
            guard let place = region(slot, target, kind, offset, byteCount) else { return .refused }
            let copied = kind == .write
                ? GuardedCopy.copyAnywhere(to: place, from: buffer, byteCount: byteCount)
                : GuardedCopy.copyAnywhere(to: buffer, from: place, byteCount: byteCount)
            return copied ? nil : .fault
        case .fetchAndAdd, .compareAndSwap:
            guard total == 8, let place = region(slot, target, kind, 0, 8) else { return .refused }
            return changeWord(slot, kind == .fetchAndAdd, at: place)
        case .receive, .sharedReceive:
            guard var pieces = target.postedPieces(slot.position.load(), isShared: kind == .sharedReceive) else {
                return .refused
            }
            pieces.advance(offset)
            return pieces.copy(byteCount, from: buffer) ? nil : .fault
        }
    }

    /// Returns when no copy that was begun before is still under way.
    func waitForCopies() { serving.withLock {} }

    /// Where a part of a one-sided request is, if a live key of ours covers it.
    private func region(
        _ slot: TransferSlot, _ target: ServedTarget, _ kind: TransferKind, _ offset: UInt64, _ byteCount: Int
    ) -> UInt64? {
        let key = MemoryKey(rawValue: slot.key.load())
        let (address, overflow) = slot.address.load().addingReportingOverflow(offset)
        guard !overflow, let entry = view.key(key) else { return nil }
        // Before the look: who withdraws the key waits for this copy.
        if entry.touched.load() == 0 { entry.touched.exchange(1) }
        return keys.place(
            of: key, address: address, length: UInt64(byteCount), protectionDomain: target.protectionDomain,
            queuePair: target.number, use: target.use(for: kind))
    }

    /// The poster holds the stripe lock that makes this one step.
    private func changeWord(_ slot: TransferSlot, _ isAdding: Bool, at place: UInt64) -> TransferVerdict? {
        let (operand, new) = (slot.compareAdd.load(), slot.swap.load())
        let change: WordChange = isAdding ? .add(operand) : .swap(if: operand, to: new)
        if FrameAddress.isFar(place) {
            guard let original = FarMemories.change(at: place, change) else { return .fault }
            slot.result.store(original)
            return nil
        }
        var word: UInt64 = 0
        return unsafe withUnsafeMutableBytes(of: &word) { bytes -> TransferVerdict? in
            let scratch = UInt64(UInt(bitPattern: bytes.baseAddress))
            guard GuardedCopy.copyAnywhere(to: scratch, from: place, byteCount: 8) else { return .fault }
            let original = unsafe bytes.load(as: UInt64.self)
            unsafe bytes.storeBytes(of: change(original), as: UInt64.self)
            guard GuardedCopy.copyAnywhere(to: place, from: scratch, byteCount: 8) else { return .fault }
            slot.result.store(original)
            return nil
        }
    }
}

extension QueuePair {
    /// The buffers of a receive that is posted on the queue pair itself and not yet completed; nil for any other.
    func ownPostedPieces(_ position: UInt32) -> PieceCursor? {
        let posted = receivesPosted.load(ordering: .acquiring)
        let released = receivesReleased.load(ordering: .acquiring)
        guard sharedReceiveQueue == nil, position &- released < posted &- released else { return nil }
        return shadows.pieces(position, by: process.keys).map { PieceCursor($0) }
    }
}
