// QueuePair+PostReceive.swift - the receive queue's front door.
//
// C: ibv_post_recv(3).   HOT.
// Locking: `receiveLock`.

import Fabric
import Synchronization
import Verbs

extension QueuePair {
    /// 0, or the errno: EINVAL in RESET, with a shared receive queue or too many elements; ENOMEM when the queue is full.
    public func postReceive(
        workRequestID: UInt64, elements: UnsafePointer<ScatterGatherElement>?, count: Int32
    ) -> Int32 {
        receiveLock.acquire()
        defer { receiveLock.release() }
        let state = QueuePairStatus(rawValue: entry.status.load()).state
        guard PostingRules.receiveDecision(state: state) != .refuse, sharedReceiveQueue == nil, type.hasReceiveQueue,
            ScatterGatherRules.allowsCount(Int(count), capability: capabilities.receiveElements)
        else { return VerbsErrno.invalidArgument.rawValue }
        let position = receivesPosted.load(ordering: .relaxed)
        guard position &- receivesReleased.load(ordering: .acquiring) < capabilities.receiveWorkRequests else {
            return VerbsErrno.noMemory.rawValue
        }
        let keyEpoch = view.header.keyEpoch.acquire()
        let room = unsafe shadows.store(
            position, identifier: workRequestID, elements: elements, count: Int(count), keyEpoch: keyEpoch)
        unsafe receiveSlots.slot(position).fill(elements, count: Int(count))
        if room < locked.value.promisedBytes || room > 0 && locked.value.promisedBytes == 0
            || keyEpoch != locked.value.promisedKeyEpoch
        {
            promise(room, from: position, keyEpoch: keyEpoch)
        }
        receivesPosted.store(position &+ 1, ordering: .releasing)
        // Full ordering: either whoever moves us to the error state sees this request, or we see that state.
        entry.receiveTail.exchange(position &+ 1)
        if QueuePairStatus(rawValue: entry.status.load()).state == .error { flushReceives() }
        return 0
    }

    @inline(never)
    private func promise(_ byteCount: UInt64, from position: UInt32, keyEpoch: UInt32) {
        locked.value.promisedBytes = byteCount
        locked.value.promisedKeyEpoch = keyEpoch
        entry.facts.promise(from: position, byteCount: byteCount, keyEpoch: keyEpoch)
    }
}
