// HostileWord.swift - one word that a hostile peer writes: where, and what.

@testable import Device
@testable import Fabric
import Fuzzing
import Verbs

/// Places and values of hostile writes.
enum HostileWord {
    /// Writes one word somewhere into the peer's segment.
    static func write(_ input: inout ByteSource, into view: SegmentView) {
        let heap = UInt64(SegmentLayout.heapOffset)
        let record: SharedRecord?
        let byteCount: Int
        switch input.choice(11) {
        case 0: (record, byteCount) = (view.header.record, 256)
        case 1, 2: (record, byteCount) = (view.queuePair(HostilePeer.index)?.record, 256)
        case 3: (record, byteCount) = (view.completionQueue(input.choice(4))?.record, 256)
        case 4: (record, byteCount) = (view.sharedReceiveQueue(input.choice(2))?.record, 256)
        case 5, 6:
            (record, byteCount) = (view.key(MemoryKey(index: UInt32(1 + input.choice(3)), generation: 0))?.record, 64)
        case 7: (record, byteCount) = (view.atomicLock(for: UInt64(input.byte()) << 3).record, 8)
        case 8: (record, byteCount) = (view.transfer(input.choice(SegmentLayout.transferCount)).record, 152)
        case 9: (record, byteCount) = (view.ring(at: heap + UInt64(input.byte()) * 64, byteCount: 64), 64)
        default: (record, byteCount) = (view.ring(at: heap + 96 << 10 + UInt64(input.byte()) * 64, byteCount: 64), 64)
        }
        write(&input, record, byteCount)
    }

    /// Writes one word into what the victim's own segment says of these objects.
    static func write(_ input: inout ByteSource, into victim: Victim) {
        let record: SharedRecord
        let byteCount: Int
        switch input.choice(9) {
        case 0: (record, byteCount) = (victim.pair.entry.record, 256)
        case 1: (record, byteCount) = (victim.queue.entry.record, 256)
        case 2, 3: (record, byteCount) = (victim.queue.ring.slot(UInt32(input.byte())).record, 64)
        case 4: (record, byteCount) = (victim.pair.receiveSlots.slot(UInt32(input.byte())).record, 32)
        case 5: (record, byteCount) = (victim.shared?.entry.record ?? victim.pair.receiveSlots.eager, 256)
        case 6: (record, byteCount) = (victim.extended?.shared.entry.record ?? victim.pair.entry.record, 256)
        case 7: (record, byteCount) = (victim.ownKeyEntry(&input)?.record ?? victim.pair.entry.record, 64)
        default: (record, byteCount) = (victim.pair.view.header.record, 256)
        }
        write(&input, record, byteCount)
    }

    static func write(_ input: inout ByteSource, _ record: SharedRecord?, _ byteCount: Int) {
        guard let record else { return }
        let offset = Int(input.byte()) % byteCount
        if input.byte() & 1 == 0 {
            record.word32(offset & ~3).store(UInt32(truncatingIfNeeded: value(&input)))
        } else {
            record.word64(offset & ~7).store(value(&input))
        }
    }

    private static func value(_ input: inout ByteSource) -> UInt64 {
        switch input.byte() & 3 {
        case 0: UInt64(SegmentLayout.heapOffset) &+ UInt64(input.byte()) * 64
        // Held by a process that runs: this one.
        case 1 where input.byte() & 7 == 0: Victim.ownHolder
        default: input.word()
        }
    }
}

extension SharedLock {
    var record: SharedRecord { SharedRecord(at: word.pointer) }
}
