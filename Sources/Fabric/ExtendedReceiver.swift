// ExtendedReceiver.swift - a shared receive queue that messages of extended connections name by its number.
//
// Owns: what was read of the queue's entry at binding. Does not: know which queue pair a message comes through.
// Spec: IBA vol 1, annex A14.
// Locking: a request is executed under `entry.responderLock`.

import Verbs

/// A shared receive queue of an extended connection, checked once.
public struct ExtendedReceiver {
    let view: SegmentView
    /// As in `Responder`.
    let process: Int32
    let index: UInt32
    let epoch: UInt32
    let protectionDomain: ProtectionDomainNumber
    let completions: CompletionRing
    let ring: SharedReceiveRing
    public let domain: XRCDomainIdentity

    /// Nil when the peer has no such queue, or its entry cannot be what an owner would write.
    public init?(peer: Peer, number: SharedReceiveQueueNumber) {
        let view = peer.view
        guard peer.isAlive, let index = view.header.queuePairIndex(of: number.rawValue),
            let ring = SharedReceiveRing(in: view, index: UInt32(index))
        else { return nil }
        let queue = ring.entry.completionQueue.load()
        guard queue != 0, let completions = CompletionRing(in: view, index: queue &- 1, isOwn: peer.isItself) else { return nil }
        self.view = view
        process = peer.reach == .kernel ? peer.pid : 0
        self.index = UInt32(index)
        epoch = ring.entry.epoch.acquire()
        protectionDomain = ProtectionDomainNumber(rawValue: ring.entry.protectionDomain.load())
        self.completions = completions
        self.ring = ring
        domain = ring.entry.xrcDomain.identity
    }

    /// Whether this is still the queue that was bound.
    @inlinable
    static func isLive(_ entry: SharedReceiveQueueEntry, epoch: UInt32) -> Bool {
        entry.epoch.acquire() == epoch && entry.state.load() != 0
    }
}
