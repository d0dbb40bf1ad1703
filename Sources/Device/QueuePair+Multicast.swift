// QueuePair+Multicast.swift - datagrams to every queue pair that is attached to a group.
//
// Owns: who gets a copy. Each copy is delivered as any datagram is, or lost as any is: a queue pair without a receive, with
// another queue key, or of a process that ended gets none. A sender that is in the group gets its copy, as adapters do it,
// unless it was made not to.
// Locking: `sendLock` held while sending.

import Fabric
import Verbs

extension QueuePair {
    /// Adds the queue pair to a group; nothing changes for one that is in it.
    /// - Throws: EINVAL, ENOMEM.
    public func attach(to group: GlobalIdentifier, localIdentifier: UInt16) throws(VerbsErrno) {
        try MulticastRules.check(group, localIdentifier: localIdentifier, type: type, linkLayer: linkLayer)
        try process.multicast.attach(self, to: group)
    }

    /// EINVAL for a group that it is not in.
    public func detach(from group: GlobalIdentifier, localIdentifier: UInt16) throws(VerbsErrno) {
        try MulticastRules.check(group, localIdentifier: localIdentifier, type: type, linkLayer: linkLayer)
        try process.multicast.detach(self, from: group)
    }

    /// - Parameter framed: with the route header in front.
    @inline(never)
    func executeMulticast(
        _ request: SendRequest, _ opcode: SendOpcode, _ destination: DatagramDestination, _ framed: GatheredPayload
    ) -> RequestOutcome {
        // Without a route header no group is named.
        guard destination.isGlobal, destination.destination.isMulticast else { return .done(.success) }
        let blocked = flags.contains(.blocksOwnMulticast) ? number : nil
        for member in MulticastAnnouncement.members(of: destination.destination, on: process.member.fabric) where member != blocked {
            guard let target = datagramTarget(member, device: nil) else { continue }
            let outcome = deliver(request, opcode, framed, to: target)
            // What is wrong on our side is wrong for every copy.
            if outcome.fault == nil, outcome.status != .success { return outcome }
        }
        return .done(.success)
    }
}
