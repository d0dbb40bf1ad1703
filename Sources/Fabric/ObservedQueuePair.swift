// ObservedQueuePair.swift - one queue pair of a process on a fabric, as others see it.

import Verbs

/// A queue pair.
public struct ObservedQueuePair: Sendable {
    public let number: QueuePairNumber
    public let type: QueuePairType
    public let state: QueuePairState
    /// The connected peer; nil while there is none.
    public let peer: QueuePairNumber?
    /// Index of the device.
    public let device: UInt32
    /// Who copies for its one-sided requests and large messages; nil before the first of them.
    public let reach: PeerReach?

    /// Reads an entry; nil if it is unused.
    init?(_ entry: QueuePairEntry) {
        let status = QueuePairStatus(rawValue: entry.status.acquire())
        guard let type = QueuePairType(rawValue: .init(status.typeValue)),
            let state = QueuePairState(rawValue: .init(status.stateValue))
        else { return nil }
        number = QueuePairNumber(rawValue: entry.number.load())
        self.type = type
        self.state = state
        let connected = entry.peer.load()
        peer = connected == 0 ? nil : QueuePairNumber(rawValue: connected)
        device = entry.device.load()
        reach = PeerReach(rawValue: entry.reach.load())
    }
}
