// DeviceLimits.swift - how much of everything a device has.
//
// Owns: the numbers. Does not: enforce them (`CreationRules`, `QueuePairAttributeRules`, the posting rules).
// Spec: IBA vol 1, 11.2.1.2 (query HCA).   C: struct ibv_device_attr and struct ibv_port_attr.

/// How much of everything a device has. Asking for more fails; nothing is ever made smaller than asked for.
public struct DeviceLimits: Equatable, Sendable {
    // Objects of a device.
    /// Queue pairs.
    public var maxQueuePairs: UInt32 = 1 << 15
    /// Completion queues; the device keeps some for itself.
    public var maxCompletionQueues: UInt32 = 1 << 16 - 128
    /// Memory regions.
    public var maxMemoryRegions: UInt32 = 1 << 20
    /// Memory windows.
    public var maxMemoryWindows: UInt32 = 1 << 20
    /// Protection domains.
    public var maxProtectionDomains: UInt32 = 1 << 16
    /// Shared receive queues.
    public var maxSharedReceiveQueues: UInt32 = 1 << 14
    /// Address handles.
    public var maxAddressHandles: UInt32 = 1 << 20

    /// Multicast groups that queue pairs of one process may be attached to.
    public var maxMulticastGroups: UInt32 = 256
    /// Queue pairs of one process in a group.
    public var maxMulticastMembers: UInt32 = 64
    /// Both together.
    public var maxMulticastAttachments: UInt32 = 1024

    // Sizes of an object.
    /// Requests in either queue of a queue pair.
    public var maxQueuePairWorkRequests: UInt32 = 16384
    /// Requests in a shared receive queue.
    public var maxSharedReceiveWorkRequests: UInt32 = 32767
    /// Elements in one work request of any queue.
    public var maxScatterGather: UInt32 = 32
    /// Completions in a completion queue.
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
    /// Ports of the device, numbered from 1.
    public var portCount: UInt8 = 1
    /// Places in a port's GID table.
    public var gidTableLength: UInt8 = 16
    /// Places in a port's partition key table.
    public var partitionKeyTableLength: UInt16 = 1
    /// Raw value of ibv_mtu: 5 = 4096 bytes.
    public var activeMTU: UInt8 = 5
    /// Vectors that completion queues may choose among.
    public var completionVectors: UInt32 = 4

    /// Bytes of device memory that one process may hold.
    public var maxDeviceMemoryBytes: UInt64 = 1 << 20

    // The clock that stamps completions.
    /// One tick is a nanosecond.
    public var clockKilohertz: UInt64 { 1_000_000 }
    /// Bits of a timestamp that mean something.
    public var timestampMask: UInt64 { .max }

    /// What a device has unless told otherwise.
    public init() {}

    /// What a device has unless told otherwise.
    public static let standard = DeviceLimits()
}
