// OpenedTarget.swift - another handle on an extended connection's target, whichever process made it.
//
// Owns: one opening, which keeps the queue pair in being when its maker destroys it. A queue pair ends with the process
// that made it all the same: its state lives there.
// Spec: IBA vol 1, annex A14.   C: ibv_open_qp(3).
// Locking: the entry's lock around the count.

import Fabric
import Verbs

/// One opening of a target.
final class OpenedTarget: @unchecked Sendable {
    let number: QueuePairNumber
    private let entry: QueuePairEntry
    private let epoch: UInt32
    private let holder: HolderIdentity
    /// Keeps the segment mapped.
    private let peer: Peer

    /// EINVAL where no process has a target of that number in that domain, as the kernel answers.
    init(number: QueuePairNumber, domain: XRCDomainIdentity, member: Member) throws(VerbsErrno) {
        guard let peer = member.peer(for: number, mayWait: true), peer.isAlive,
            let index = peer.view.header.queuePairIndex(of: number.rawValue), let entry = peer.view.queuePair(index)
        else { throw .invalidArgument }
        self.number = number
        self.entry = entry
        self.peer = peer
        holder = member.holder
        guard entry.lock.acquire(as: holder) != .refused else { throw .invalidArgument }
        defer { entry.lock.release() }
        let status = QueuePairStatus(rawValue: entry.status.acquire())
        epoch = status.epoch
        guard status.typeValue == QueuePairType.xrcTarget.rawValue, entry.number.load() == number.rawValue,
            entry.xrcDomain.identity == domain
        else { throw .invalidArgument }
        entry.openings.add(1)
    }

    /// What the queue pair shows to everyone.
    func query() -> QueuePairAttributes {
        let status = QueuePairStatus(rawValue: entry.status.acquire())
        var attributes = QueuePairAttributes()
        attributes.state = peer.isAlive ? status.state : .error
        attributes.currentState = attributes.state
        attributes.accessFlags = status.access
        attributes.minReceiverNotReadyTimer = status.rnrTimer
        attributes.destinationQueuePair = QueuePairNumber(rawValue: entry.peer.load())
        attributes.receivePSN = entry.receivePSN.load()
        attributes.maxResponderResources = UInt8(truncatingIfNeeded: entry.responderResources.load())
        return attributes
    }

    func close() {
        // A lock that its process never gives back belongs to a queue pair that nobody can use any more.
        guard entry.lock.acquire(as: holder) != .refused else { return }
        if entry.number.load() == number.rawValue, entry.openings.load() > 0 { entry.openings.add(UInt32.max) }
        entry.lock.release()
    }
}
