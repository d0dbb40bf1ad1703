// AccessFlags.swift - what may be done with registered memory, or through a queue pair.
//
// Spec: IBA vol 1, 10.6.3.1.   C: enum ibv_access_flags, same raw values.

/// What may be done with registered memory, or through a queue pair.
@frozen
public struct AccessFlags: OptionSet, Sendable, Hashable {
    public let rawValue: UInt32

    @inlinable
    public init(rawValue: UInt32) { self.rawValue = rawValue }

    public static let localWrite = AccessFlags(rawValue: 1 << 0)
    public static let remoteWrite = AccessFlags(rawValue: 1 << 1)
    public static let remoteRead = AccessFlags(rawValue: 1 << 2)
    public static let remoteAtomic = AccessFlags(rawValue: 1 << 3)
    public static let memoryWindowBind = AccessFlags(rawValue: 1 << 4)
    public static let zeroBased = AccessFlags(rawValue: 1 << 5)
    public static let onDemand = AccessFlags(rawValue: 1 << 6)
    public static let hugePages = AccessFlags(rawValue: 1 << 7)

    /// Bits 20 to 29: hints that a device may ignore (relaxed ordering is bit 20).
    public static let optionalRange = AccessFlags(rawValue: 0x3ff0_0000)
}
