// QueuePair+PostBatch.swift - posting a batch: all of it, or nothing.
//
// C: ibv_wr_complete(3).   HOT.
// Locking: `sendLock` for the whole of the batch, so that no request of another thread comes between.

import Fabric
import Verbs

extension QueuePair {
    /// Posts what the batch holds, and ends it.
    ///
    /// 0, or an errno and nothing is posted: the batch's own failure; EINVAL for what this queue pair cannot do in its
    /// state; ENOMEM when the send queue has no room for all of it.
    public func complete(_ batch: borrowing SendBatch) -> Int32 {
        defer { batch.end() }
        if let failure = batch.failure { return failure.rawValue }
        sendLock.acquire()
        defer { sendLock.release() }
        for index in 0..<batch.count {
            guard isAllowed(batch.request(at: index)) else { return VerbsErrno.invalidArgument.rawValue }
        }
        guard hasRoom(for: UInt32(truncatingIfNeeded: batch.count)) else { return VerbsErrno.noMemory.rawValue }
        for index in 0..<batch.count {
            let request = batch.request(at: index)
            guard let opcode = request.knownOpcode else { continue }
            // Decided anew: the request before this one may have moved us to an error state.
            start(request, opcode, decide(opcode))
        }
        return 0
    }

    /// What the building of the batch could not know.
    @inline(__always)
    private func isAllowed(_ request: SendRequest) -> Bool {
        guard let opcode = request.knownOpcode else { return false }
        let hasDestination = unsafe request.addressHandle != nil
        return decide(opcode) != .refuse
            && (type != .unreliableDatagram || hasDestination)
            && (!request.flags.contains(.inline) || isInlineAllowed(request, opcode))
    }
}
