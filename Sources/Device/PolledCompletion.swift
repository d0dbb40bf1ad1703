// PolledCompletion.swift - the completion that a poller of an extended queue stands at.
//
// Owns: plain values. Locking: the queue's `runLock`, held from start to end of polling.

import Verbs

/// The completion that a poller stands at.
public struct PolledCompletion {
    public var completion = Completion(
        workRequestID: 0, status: .success, opcode: 0, byteCount: 0, immediate: 0,
        queuePair: QueuePairNumber(rawValue: 0), sourceQueuePair: 0, flags: [])
    /// Ticks of the device's clock; 0 unless the queue was made for timestamps.
    public var timestamp: UInt64 = 0
}
