// FabricName.swift - the names under which processes of a fabric find each other.
//
// Owns: the form of the abstract socket names. The kernel takes a name back when its last holder dies, so that nothing
// is ever left behind, and refuses a second holder, so that no registry is needed.
// Counterpart: unix(7), abstract addresses; they are per network namespace, and so is a fabric.

import Platform

/// The fabric of one user: a common prefix of abstract socket names.
public struct FabricName: Sendable {
    public let prefix: String

    /// The fabric named by VERBENA_FABRIC, or the default one, of the effective user.
    public static func current() -> FabricName {
        FabricName(prefix: "\(root)\(Host.environment("VERBENA_FABRIC") ?? "default")/\(Host.effectiveUserID)/")
    }

    /// What every name of every fabric begins with.
    static let root = "verbena/"

    /// The fabric and the user in a name of a block; nil if it is none.
    static func parse(_ name: String) -> (fabric: String, user: UInt32)? {
        let parts = name.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 4, let user = UInt32(parts[2]), UInt32(parts[3], radix: 16) != nil else { return nil }
        return (String(parts[1]), user)
    }

    /// The name of a block of queue pair numbers.
    public func block(_ block: UInt32) -> String { prefix + String(block, radix: 16) }

    /// The blocks that processes hold now, in ascending order.
    public func heldBlocks() -> [UInt32] {
        LocalSocket.names(withPrefix: prefix)
            .compactMap { UInt32($0.dropFirst(prefix.utf8.count), radix: 16) }
            .sorted()
    }
}
