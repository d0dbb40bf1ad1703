// AgentRequest.swift - what a hostile peer asks this process's agent to copy.
//
// Owns: the words of a transfer slot in the victim's own segment, mostly ones that fit.

@testable import Device
@testable import Fabric
import Fuzzing
import Platform
import Verbs

/// Requests to copy.
enum AgentRequest {
    /// The slots that are used: the victim's bytes could be in the buffers of these.
    static let slots = 2

    /// Asks, and lets the agent serve it.
    static func ask(_ input: inout ByteSource, of victim: Victim) {
        let view = victim.pair.view, process = victim.pair.process
        let slot = view.transfer(input.choice(slots))
        slot.reset()
        fill(slot, &input, victim)
        // Words of any other place in the slot, too.
        for _ in 0..<input.choice(4) where input.byte() & 1 == 0 { HostileWord.write(&input, slot.record, 152) }
        slot.state.publish(input.byte() & 7 == 0 ? UInt32(input.byte() & 3) : TransferSlot.State.open)
        view.header.transfersPending.set(bits: input.byte() & 7 == 0 ? input.word() : 1 << UInt64(slot.index))
        _ = process.serveRequests()
        slot.lock.word.store(input.byte() & 15 == 0 ? input.word() : 0)
    }

    private static func fill(_ slot: TransferSlot, _ input: inout ByteSource, _ victim: Victim) {
        let isExtended = input.byte() & 3 == 0
        slot.kind.store(UInt32(input.byte() & 7))
        slot.isExtended.store(isExtended ? 1 : 0)
        if isExtended, let shared = victim.extended?.shared {
            slot.target.store(UInt32(shared.index))
            slot.epoch.store(shared.entry.epoch.load())
        } else {
            slot.target.store(UInt32(victim.pair.index))
            slot.epoch.store(victim.pair.epoch)
        }
        slot.key.store(victim.anyKey(&input).rawValue)
        slot.position.store(UInt32(input.byte() & 7))
        slot.address.store(input.byte() & 1 == 0 ? Victim.arena.address(&input) : victim.region.address + input.number(bytes: 2))
        slot.byteCount.store(input.byte() & 3 == 0 ? input.word() : input.number(bytes: 3))
        slot.compareAdd.store(input.number(bytes: 1))
        slot.swap.store(input.word())
        slot.finished.store(input.byte() & 7 == 0 ? UInt32(truncatingIfNeeded: input.word()) : 0)
        slot.submitted.store(input.byte() & 7 == 0 ? UInt32(truncatingIfNeeded: input.word()) : UInt32(input.byte() & 7))
    }

    /// Makes every slot idle again: after an input, as if that peer had never been.
    static func forget(_ view: SegmentView) {
        view.header.transfersPending.store(0)
        for index in 0..<SegmentLayout.transferCount {
            let slot = view.transfer(index)
            for offset in stride(from: 0, to: SegmentLayout.transferBytes, by: 8) { slot.record.word64(offset).store(0) }
        }
    }

    /// Whether eight bytes stand in a buffer that the peer can read.
    static func shows(_ secret: UInt64, in view: SegmentView) -> Bool {
        (0..<slots).contains { index in
            let bytes = SegmentLayout.transferWindow * SegmentLayout.transferChunkBytes
            return SharedBytes.hold(secret, at: view.transfer(index).chunk(0), byteCount: bytes)
        }
    }
}
