// DeviceLimits.swift - how much of everything a device has.
//
// Owns: the numbers. Does not: enforce them (`CreationRules`, `QueuePairAttributeRules`, the posting rules).
// Spec: IBA vol 1, 11.2.1.2 (query HCA).   C: struct ibv_device_attr and struct ibv_port_attr.

/// How much of everything a device has. Asking for more fails; nothing is ever made smaller than asked for.
public struct DeviceLimits: Equatable, Sendable {
    // Objects of a device.
    public var maxQueuePairs: UInt32 = 1 << 18
    public var maxCompletionQueues: UInt32 = 1 << 18
    public var maxMemoryRegions: UInt32 = 1 << 20
    public var maxMemoryWindows: UInt32 = 1 << 20
    public var maxProtectionDomains: UInt32 = 1 << 16
    public var maxSharedReceiveQueues: UInt32 = 1 << 16
    public var maxAddressHandles: UInt32 = 1 << 20

    // Sizes of an object.
    public var maxQueuePairWorkRequests: UInt32 = 16384
    public var maxSharedReceiveWorkRequests: UInt32 = 32767
    /// Elements in one work request of any queue.
    public var maxScatterGather: UInt32 = 32
    public var maxCompletionQueueEntries: UInt32 = 4_194_303
    /// Bytes that one inline request may carry.
    public var maxInlineBytes: UInt32 = 1024
    /// Reads and atomics outstanding on one queue pair, as initiator and as target. At most 255: a byte in C.
    public var maxReadAtomicPerQueuePair: UInt8 = 16

    // Sizes of a transfer.
    /// Bytes of the longest message.
    public var maxMessageBytes: UInt64 = 1 << 31
    /// Bytes of the longest region: an address space, so that what a process can map it can register.
    public var maxRegionBytes: UInt64 { .max }

    // The port.
    public var portCount: UInt8 = 1
    public var gidTableLength: UInt8 = 16
    public var partitionKeyTableLength: UInt16 = 1
    /// Raw value of ibv_mtu: 5 = 4096 bytes.
    public var activeMTU: UInt8 = 5
    public var completionVectors: UInt32 = 4

    // The clock that stamps completions.
    /// One tick is a nanosecond.
    public var clockKilohertz: UInt64 { 1_000_000 }
    /// Bits of a timestamp that mean something.
    public var timestampMask: UInt64 { .max }

    public init() {}

    /// What a device has unless told otherwise.
    public static let standard = DeviceLimits()
}
