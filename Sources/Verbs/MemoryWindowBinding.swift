// MemoryWindowBinding.swift - what a bind asks for.
//
// C: struct ibv_mw_bind_info.

/// What a bind of a memory window asks for.
public struct MemoryWindowBinding: Equatable, Sendable {
    /// First byte, as requests to the region name it.
    public var start: UInt64
    /// Bytes; 0 takes a type 1 window's binding away.
    public var length: UInt64
    public var access: AccessFlags

    public init(start: UInt64, length: UInt64, access: AccessFlags) {
        self.start = start
        self.length = length
        self.access = access
    }
}
