// RegionDescriptor.swift - what a key stands for.
//
// Owns: the facts that an access is checked against. Does not: know where the bytes are (that is the device's).
// Spec: IBA vol 1, 10.6.3.   HOT: read for each access.

/// What a key stands for: a region, or a window within one.
@frozen
public struct RegionDescriptor: Equatable, Sendable {
    /// First valid address as accesses name it: 0 for a zero-based region.
    public var start: UInt64
    /// Bytes. `start + length` may be 2^64 but never beyond.
    public var length: UInt64
    public var protectionDomain: ProtectionDomainNumber
    public var access: AccessFlags
    public var key: MemoryKey

    @inlinable
    public init(
        start: UInt64, length: UInt64, protectionDomain: ProtectionDomainNumber, access: AccessFlags, key: MemoryKey
    ) {
        self.start = start
        self.length = length
        self.protectionDomain = protectionDomain
        self.access = access
        self.key = key
    }

    /// What an empty place in a key table holds: no key matches it.
    @inlinable
    public static var absent: Self {
        Self(start: 0, length: 0, protectionDomain: .none, access: AccessFlags(rawValue: 0), key: MemoryKey(rawValue: 0))
    }
}
