// MulticastAnnouncement.swift - a queue pair's membership in a multicast group, for every process of the fabric to see.
//
// Owns: one abstract socket name for each membership. A group is the names that begin with it; the kernel takes the names
// of a dead process back. Senders read the list for each message: whoever attached before is in it.
// Locking: none.

import Platform
import Verbs

/// One membership, until it is let go.
public final class MulticastAnnouncement: @unchecked Sendable {
    private let socket: LocalSocket

    /// A forked child closes it: the name is not to outlive the membership.
    public var descriptor: Int32 { socket.number }

    /// - Throws: ENOMEM when there is no descriptor left.
    public init(_ group: GlobalIdentifier, _ queuePair: QueuePairNumber, member: Member) throws(VerbsErrno) {
        let name = Self.prefix(group, member.fabric) + String(queuePair.rawValue, radix: 16)
        guard let socket = try? LocalSocket.listen(name: name) else { throw .noMemory }
        self.socket = socket
    }

    private static func prefix(_ group: GlobalIdentifier, _ fabric: FabricName) -> String {
        "\(fabric.prefix)multicast-\(String(group.subnetPrefix, radix: 16))-\(String(group.interfaceID, radix: 16))-"
    }

    /// The members of a group, in ascending order.
    public static func members(of group: GlobalIdentifier, on fabric: FabricName) -> [QueuePairNumber] {
        let prefix = prefix(group, fabric)
        return LocalSocket.names(withPrefix: prefix)
            .compactMap { UInt32($0.dropFirst(prefix.utf8.count), radix: 16) }
            .filter { $0 <= 0xff_ffff }
            .sorted().map { QueuePairNumber(rawValue: $0) }
    }
}
