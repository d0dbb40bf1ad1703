// ServedTarget.swift - what a peer's request to copy acts upon.
//
// Owns: finding it among this process's own objects, and whether it still is what the poster has bound.
// Does not: copy, or check keys (DeviceProcess+Serve).
// Spec: IBA vol 1, 9.7.4 (responder); annex A14 for extended connections.
// Locking: `serving` is held.

import Fabric
import Verbs

/// A queue pair, the shared receive queue that a request of an extended connection names, or no queue: imported memory.
enum ServedTarget {
    case queuePair(QueuePair)
    case sharedReceiveQueue(SharedReceiveQueue)
    /// Memory of a protection domain, for whoever was given a command descriptor.
    case imported(ProtectionDomainNumber)

    /// Nil when the slot names nothing that still responds in the life that the poster has bound.
    init?(_ slot: TransferSlot, in process: DeviceProcess) {
        let (index, epoch) = (slot.target.load(), slot.epoch.load())
        let word = slot.importWord.load()
        if word != 0 {
            guard word == process.importWord else { return nil }
            self = .imported(ProtectionDomainNumber(rawValue: index))
        } else if slot.isExtended.load() != 0 {
            guard let queue = process.sharedReceiveQueues.object(at: index), queue.isExtended,
                queue.entry.epoch.acquire() == epoch, queue.entry.state.load() != 0
            else { return nil }
            self = .sharedReceiveQueue(queue)
        } else {
            guard let queuePair = process.queuePairs.object(at: index) else { return nil }
            let status = QueuePairStatus(rawValue: queuePair.entry.status.acquire())
            guard status.epoch == epoch, status.canRespond else { return nil }
            self = .queuePair(queuePair)
        }
    }

    var protectionDomain: ProtectionDomainNumber {
        switch self {
        case .queuePair(let queuePair): queuePair.domain.number
        case .sharedReceiveQueue(let queue): queue.domain.number
        case .imported(let number): number
        }
    }

    /// What the key must allow for a request of one side. Whoever has imported memory uses it as its owner does, but for atomics,
    /// which are the owner's peers' alone.
    func use(for kind: TransferKind) -> RegionUse {
        if case .imported = self {
            switch kind {
            case .write: return .localWrite
            case .read: return .localRead
            default: break
            }
        }
        return kind == .write ? .remoteWrite : kind == .read ? .remoteRead : .remoteAtomic
    }

    /// The only queue pair whose type 2 windows the request may use.
    var number: QueuePairNumber? {
        if case .queuePair(let queuePair) = self { queuePair.number } else { nil }
    }

    /// The buffers of a receive that is posted and not yet completed; nil for any other.
    func postedPieces(_ position: UInt32, isShared: Bool) -> PieceCursor? {
        switch self {
        case .imported: nil
        case .sharedReceiveQueue(let queue): isShared ? queue.postedPieces(position) : nil
        case .queuePair(let queuePair):
            isShared ? queuePair.sharedReceiveQueue?.postedPieces(position) : queuePair.ownPostedPieces(position)
        }
    }
}
