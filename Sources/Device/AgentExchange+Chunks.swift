// AgentExchange+Chunks.swift - the bytes of an exchange, in chunks through the window of buffers beside its slot.
//
// Owns: the order in which buffers are filled and emptied. Does not: know whose agent it is, or why.
// Locking: as AgentExchange.

import Fabric
import Platform

extension AgentExchange {
    /// What became of all bytes.
    enum Outcome {
        case moved
        /// A byte of ours could not be read or written.
        case localFault
        case failed(Answer)
    }

    private static func chunkBytes(_ chunk: UInt32, of byteCount: UInt64) -> Int {
        let chunkBytes = UInt64(SegmentLayout.transferChunkBytes)
        return Int(min(chunkBytes, byteCount - UInt64(chunk) * chunkBytes))
    }

    private static func chunkCount(_ byteCount: UInt64) -> UInt32 {
        let chunkBytes = UInt64(SegmentLayout.transferChunkBytes)
        return UInt32((byteCount + chunkBytes - 1) / chunkBytes)
    }

    /// Fills buffers ahead of the agent, which empties them.
    func push(_ local: PieceCursor, _ byteCount: UInt64) -> Outcome {
        var local = local
        let window = UInt32(SegmentLayout.transferWindow)
        for chunk in 0..<Self.chunkCount(byteCount) {
            if chunk >= window, let failure = failure(before: chunk - window + 1) { return .failed(failure) }
            guard local.copy(Self.chunkBytes(chunk, of: byteCount), to: slot.chunk(chunk)) else { return .localFault }
            submit(chunk + 1)
        }
        return failure(before: Self.chunkCount(byteCount)).map { .failed($0) } ?? .moved
    }

    /// Empties buffers behind the agent, which fills them.
    func pull(_ local: PieceCursor, _ byteCount: UInt64) -> Outcome {
        var local = local
        let window = UInt32(SegmentLayout.transferWindow)
        let count = Self.chunkCount(byteCount)
        submit(min(window, count))
        for chunk in 0..<count {
            if let failure = failure(before: chunk + 1) { return .failed(failure) }
            guard local.copy(Self.chunkBytes(chunk, of: byteCount), from: slot.chunk(chunk)) else { return .localFault }
            if chunk + window < count { submit(chunk + window + 1) }
        }
        return .moved
    }

    /// Waits for so many chunks; nil when the agent has done with them.
    private func failure(before count: UInt32) -> Answer? {
        let answer = wait(for: count)
        if case .finished = answer { return nil }
        return answer
    }
}
