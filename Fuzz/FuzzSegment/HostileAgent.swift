// HostileAgent.swift - the agent of a peer that may not be reached: it answers what it likes.
//
// Owns: the answers. Each request gets one in the end, because for a silent agent a poster waits as long as its queue
// pair's attributes say.

@testable import Fabric
import Platform

/// Answers requests to copy.
enum HostileAgent {
    /// Chunk buffers that posters of this process use first.
    static let slots = 2

    static func meddler(_ view: SegmentView) -> Meddler {
        Meddler { state in
            guard view.header.transfersPending.load() != 0 else { return Clock.yield() }
            let pending = view.header.transfersPending.exchange(0)
            for index in 0..<SegmentLayout.transferCount where pending & 1 << UInt64(index) != 0 {
                answer(view.transfer(index), Meddler.next(&state))
            }
        }
    }

    private static func answer(_ slot: TransferSlot, _ number: UInt64) {
        slot.result.store(number)
        switch number >> 60 {
        case 0: slot.verdict.publish(UInt32(truncatingIfNeeded: number))
        case 1: slot.verdict.publish(TransferVerdict.refused.rawValue)
        case 2: slot.verdict.publish(TransferVerdict.fault.rawValue)
        case 3: slot.state.store(UInt32(truncatingIfNeeded: number & 7))
        case 4: slot.finish(UInt32(truncatingIfNeeded: number))
        default: break
        }
        slot.finish(number >> 60 == 5 ? UInt32.max : slot.submitted.load())
    }
}
