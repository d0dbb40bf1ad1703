// QueuePair+Poll.swift - what a polled completion does to the queues.
//
// Owns: giving queue places back, putting small payloads where they belong.
// Locking: the polling completion queue's `pollLock`. HOT.

import Fabric
import Platform
import Synchronization
import Verbs

extension QueuePair {
    @inline(__always)
    func finishSend(_ slot: CompletionSlot, _ output: UnsafeMutablePointer<Completion>) -> Bool {
        let header = CompletionHeader(rawValue: slot.header.load())
        sendsReleased.store(slot.position.load() &+ 1, ordering: .releasing)
        unsafe output.pointee = completion(slot, header, slot.identifier.load(), status: header.status)
        return true
    }

    @inline(__always)
    func finishReceive(_ slot: CompletionSlot, _ output: UnsafeMutablePointer<Completion>) -> Bool {
        let header = CompletionHeader(rawValue: slot.header.load())
        if header.fromSharedReceiveQueue { return unsafe finishSharedReceive(slot, header, output) }
        let position = receivesReleased.load(ordering: .relaxed)
        // In order, or not ours: a peer that died between two steps may have filled a second slot for one request. Never for
        // a request that was not posted: what its place in private memory holds is older than the queue pair, or nothing.
        guard slot.position.load() == position, position != receivesPosted.load(ordering: .acquiring),
            sharedReceiveQueue == nil
        else { return false }
        let status = placePayload(slot, header, shadows, position)
        unsafe output.pointee = completion(slot, header, shadows.identifier(position), status: status)
        receivesReleased.store(position &+ 1, ordering: .releasing)
        return true
    }

    private func finishSharedReceive(
        _ slot: CompletionSlot, _ header: CompletionHeader, _ output: UnsafeMutablePointer<Completion>
    ) -> Bool {
        guard let shared = unsafe polledSharedQueue else { return false }
        return unsafe shared._withUnsafeGuaranteedRef { queue in
            let place = slot.position.load()
            guard queue.isOut(place) else { return false }
            let status = placePayload(slot, header, queue.shadows, place)
            unsafe output.pointee = completion(slot, header, queue.shadows.identifier(place), status: status)
            return queue.giveBack(place)
        }
    }

    /// Scatters a payload that travelled in the slot or the eager ring. The raw status to report.
    @inline(__always)
    private func placePayload(
        _ slot: CompletionSlot, _ header: CompletionHeader, _ shadows: borrowing ReceiveShadows, _ place: UInt32
    ) -> UInt32 {
        switch header.payload {
        case .placed:
            return header.status
        case .inSlot:
            let byteCount = Int(slot.byteCount.load())
            guard byteCount <= CompletionSlot.payloadBytesMax,
                shadows.scatter(place, from: slot.payload.address(0), byteCount: byteCount)
            else { return CompletionStatus.localProtectionError.rawValue }
            return header.status
        case .eager:
            return placeEager(slot, header, shadows, place)
        }
    }

    private func placeEager(
        _ slot: CompletionSlot, _ header: CompletionHeader, _ shadows: borrowing ReceiveShadows, _ place: UInt32
    ) -> UInt32 {
        let byteCount = slot.byteCount.load()
        let begin = UInt32(truncatingIfNeeded: slot.identifier.load())
        guard let offset = EagerRing.offset(of: begin, size: byteCount) else {
            return CompletionStatus.localProtectionError.rawValue
        }
        let placed = shadows.scatter(place, from: receiveSlots.eager.address(offset), byteCount: Int(byteCount))
        entry.eagerTail.publish(EagerRing.end(of: begin, size: byteCount))
        return placed ? header.status : CompletionStatus.localProtectionError.rawValue
    }

    /// Puts a waiting payload into the receive's buffers before the completion is polled; see `CompletionQueue.settle`.
    func settleReceive(_ slot: CompletionSlot) {
        let header = CompletionHeader(rawValue: slot.header.load())
        guard header.isReceive, header.payload != .placed else { return }
        let status: UInt32
        if header.fromSharedReceiveQueue {
            let place = slot.position.load()
            guard let queue = sharedReceiveQueue, queue.isOut(place) else { return }
            status = placePayload(slot, header, queue.shadows, place)
        } else {
            let released = receivesReleased.load(ordering: .relaxed)
            let position = slot.position.load()
            let outstanding = receivesPosted.load(ordering: .acquiring) &- released
            guard sharedReceiveQueue == nil, position &- released < outstanding else { return }
            status = placePayload(slot, header, shadows, position)
        }
        slot.header.store(header.placed(status: status).rawValue)
    }

    @inline(__always)
    private func completion(
        _ slot: CompletionSlot, _ header: CompletionHeader, _ identifier: UInt64, status: UInt32
    ) -> Completion {
        let source = slot.source.load()
        var completion = Completion(
            workRequestID: identifier, status: .success, opcode: header.opcode, byteCount: slot.byteCount.load(),
            immediate: slot.immediate.load(), queuePair: number, sourceQueuePair: source & 0xff_ffff,
            flags: CompletionFlags(rawValue: header.flags))
        completion.status = status
        completion.sourceLocalIdentifier = UInt16(truncatingIfNeeded: source >> 24)
        return completion
    }
}
