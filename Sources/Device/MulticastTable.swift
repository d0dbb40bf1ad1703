// MulticastTable.swift - this process's memberships in multicast groups.
//
// Owns: who is attached to what. Does not: deliver (QueuePair+Multicast).
// Locking: `lock`.

import Fabric
import Verbs

/// The multicast groups that queue pairs of this process are attached to.
final class MulticastTable: @unchecked Sendable {
    private let lock = PrivateLock()
    private var groups: [GlobalIdentifier: [QueuePairNumber: MulticastAnnouncement]] = [:]
    private var total = 0

    /// Does nothing for a queue pair that is attached already.
    func attach(_ queuePair: QueuePair, to group: GlobalIdentifier) throws(VerbsErrno) {
        try insert(queuePair, group)
        queuePair.process.keepFromChildren()
    }

    private func insert(_ queuePair: QueuePair, _ group: GlobalIdentifier) throws(VerbsErrno) {
        try lock.withLock { () throws(VerbsErrno) in
            let members = groups[group] ?? [:]
            guard members[queuePair.number] == nil else { return }
            try MulticastRules.checkRoom(
                groups: groups.count, isNewGroup: members.isEmpty, members: members.count, total: total,
                limits: queuePair.context.limits)
            groups[group, default: [:]][queuePair.number] = try MulticastAnnouncement(
                group, queuePair.number, member: queuePair.process.member)
            total += 1
        }
    }

    /// EINVAL for one that is not attached.
    func detach(_ queuePair: QueuePair, from group: GlobalIdentifier) throws(VerbsErrno) {
        let announcement = try lock.withLock { () throws(VerbsErrno) -> MulticastAnnouncement in
            guard let announcement = groups[group]?.removeValue(forKey: queuePair.number) else { throw .invalidArgument }
            if groups[group]?.isEmpty == true { groups[group] = nil }
            total -= 1
            return announcement
        }
        // A child forked from here on does not close its descriptor, whose number may then be another's.
        queuePair.process.keepFromChildren()
        withExtendedLifetime(announcement) {}
    }

    /// The descriptors that keep the memberships' names.
    func descriptors() -> [Int32] { lock.withLock { groups.values.flatMap { $0.values.map(\.descriptor) } } }

    func holds(_ queuePair: QueuePairNumber) -> Bool { lock.withLock { groups.values.contains { $0[queuePair] != nil } } }
}
