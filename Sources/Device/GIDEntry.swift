// GIDEntry.swift - one entry of a port's GID table.
//
// C: struct ibv_gid_entry; enum ibv_gid_type.

import Verbs

/// One entry of a port's GID table.
public struct GIDEntry: Sendable, Equatable {
    /// How packets to and from this GID would be framed. Raw values of enum ibv_gid_type.
    public enum Kind: UInt32, Sendable {
        case infiniBand = 0
        case roceV1 = 1
        case roceV2 = 2
    }

    public let gid: GlobalIdentifier
    public let kind: Kind
    /// Index of the network interface, 0 when there is none.
    public let interfaceIndex: UInt32
}
