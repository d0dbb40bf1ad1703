// AccessFlags.swift - what may be done with registered memory, or through a queue pair.
//
// Spec: IBA vol 1, 10.6.3.1.   C: enum ibv_access_flags, same raw values.
// HOT: the constants are computed, not stored, so that other modules fold them instead of calling for an address.

/// What may be done with registered memory, or through a queue pair.
@frozen
public struct AccessFlags: OptionSet, Sendable, Hashable {
    public let rawValue: UInt32

    @inlinable
    public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// The device may write to the memory: receives, and the results of reads and atomics. Reading locally always may.
    @inlinable public static var localWrite: AccessFlags { AccessFlags(rawValue: 1 << 0) }
    /// Peers may write to the memory, or through the queue pair. For memory, needs `localWrite` too.
    @inlinable public static var remoteWrite: AccessFlags { AccessFlags(rawValue: 1 << 1) }
    /// Peers may read the memory, or through the queue pair.
    @inlinable public static var remoteRead: AccessFlags { AccessFlags(rawValue: 1 << 2) }
    /// Peers may add to and swap words of the memory, or through the queue pair. For memory, needs `localWrite` too.
    @inlinable public static var remoteAtomic: AccessFlags { AccessFlags(rawValue: 1 << 3) }
    /// Memory windows may be bound to the region.
    @inlinable public static var memoryWindowBind: AccessFlags { AccessFlags(rawValue: 1 << 4) }
    /// Work requests name the first byte as address 0.
    @inlinable public static var zeroBased: AccessFlags { AccessFlags(rawValue: 1 << 5) }
    /// The pages are not held; the device asks for them when it needs them.
    @inlinable public static var onDemand: AccessFlags { AccessFlags(rawValue: 1 << 6) }
    /// The memory consists of huge pages.
    @inlinable public static var hugePages: AccessFlags { AccessFlags(rawValue: 1 << 7) }

    /// The reader is content with what the memory held at registration or later: nothing is unshared for it. In no
    /// header, and unknown to other devices: the NON_COHERENT or GIFT flag that was proposed to Linux in 2013. Not with a
    /// right to write.
    @inlinable public static var gift: AccessFlags { AccessFlags(rawValue: 1 << 30) }

    /// Not a right, and in no header: marks the key of memory that is none.
    @inlinable public static var null: AccessFlags { AccessFlags(rawValue: 1 << 19) }

    /// Not a right, and in no header: marks the key of memory that is the device's.
    @inlinable public static var deviceMemory: AccessFlags { AccessFlags(rawValue: 1 << 18) }

    /// Not a right, and in no header: marks what is no key, but stands among them for other processes to import by its handle: a
    /// protection domain, or device memory. It is of no protection domain itself, so that no request can use it.
    @inlinable public static var object: AccessFlags { AccessFlags(rawValue: 1 << 17) }

    /// Not a right, and in no header: marks the key of memory whose registration ends with it.
    @inlinable public static var watched: AccessFlags { AccessFlags(rawValue: 1 << 16) }

    /// Not a right, and in no header: marks the key of a memory window, which cannot be used locally.
    @inlinable public static var window: AccessFlags { AccessFlags(rawValue: 1 << 31) }

    /// Bits 20 to 29: hints that a device may ignore (relaxed ordering is bit 20).
    @inlinable public static var optionalRange: AccessFlags { AccessFlags(rawValue: 0x3ff0_0000) }
}
