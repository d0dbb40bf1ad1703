// SharedReceiveQueue+Poll.swift - what a polled receive of an extended connection does to its shared receive queue.
//
// Owns: putting a small payload where it belongs, giving the place back. A peer wrote the slot: what it says is checked.
// Locking: the polling completion queue's `pollLock`.

import Fabric
import Verbs

extension SharedReceiveQueue {
    /// False for a slot of an earlier life of this queue, or one that a peer made up.
    func finishReceive(_ slot: CompletionSlot, _ output: UnsafeMutablePointer<Completion>) -> Bool {
        guard let place = ownPlace(slot) else { return false }
        let header = CompletionHeader(rawValue: slot.header.load())
        let status = placePayload(slot, header, place)
        var completion = Completion(
            workRequestID: shadows.identifier(place), status: .success, opcode: header.opcode,
            byteCount: slot.byteCount.load(), immediate: slot.immediate.load(),
            queuePair: QueuePairNumber(rawValue: slot.source.load() & 0xff_ffff), sourceQueuePair: 0,
            flags: CompletionFlags(rawValue: header.flags))
        completion.status = status
        unsafe output.pointee = completion
        return giveBack(place)
    }

    /// Puts a waiting payload into the receive's buffers before the completion is polled; see `CompletionQueue.settle`.
    func settleReceive(_ slot: CompletionSlot) {
        let header = CompletionHeader(rawValue: slot.header.load())
        guard header.payload != .placed, let place = ownPlace(slot) else { return }
        slot.header.store(header.placed(status: placePayload(slot, header, place)).rawValue)
    }

    private func ownPlace(_ slot: CompletionSlot) -> UInt32? {
        let place = slot.position.load()
        return slot.epoch.load() == entry.epoch.load() && isOut(place) ? place : nil
    }

    /// The raw status to report.
    private func placePayload(_ slot: CompletionSlot, _ header: CompletionHeader, _ place: UInt32) -> UInt32 {
        switch header.payload {
        case .placed: return header.status
        case .inSlot:
            let byteCount = Int(slot.byteCount.load())
            let isPlaced = byteCount <= CompletionSlot.payloadBytesMax
                && shadows.scatter(place, from: slot.payload.address(0), byteCount: byteCount)
            return isPlaced ? header.status : CompletionStatus.localProtectionError.rawValue
        // Nothing of an extended connection travels there.
        case .eager: return CompletionStatus.localProtectionError.rawValue
        }
    }
}
