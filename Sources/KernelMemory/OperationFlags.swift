// OperationFlags.swift - bits of an operation; which apply depends on its kind.

/// Bits of an operation; which apply depends on its kind.
public struct OperationFlags: OptionSet, Hashable, Sendable {
    public let rawValue: UInt32

    @inline(__always)
    public init(rawValue: UInt32) { self.rawValue = rawValue }

    public static let localWrite = OperationFlags(rawValue: 1 << 0)
    public static let remoteWrite = OperationFlags(rawValue: 1 << 1)
    public static let remoteRead = OperationFlags(rawValue: 1 << 2)
    public static let relaxedOrdering = OperationFlags(rawValue: 1 << 3)
    public static let gift = OperationFlags(rawValue: 1 << 4)
    public static let onDemand = OperationFlags(rawValue: 1 << 5)
    /// pin: FOLL_WRITE.
    public static let write = OperationFlags(rawValue: 1 << 6)
    public static let force = OperationFlags(rawValue: 1 << 7)
    public static let longterm = OperationFlags(rawValue: 1 << 8)
    public static let fast = OperationFlags(rawValue: 1 << 9)
    public static let peerToPeer = OperationFlags(rawValue: 1 << 10)
    /// FOLL_GET: a plain reference, not a pin.
    public static let plain = OperationFlags(rawValue: 1 << 11)
    public static let fixedBuffer = OperationFlags(rawValue: 1 << 12)
    /// map, protect: rights.
    public static let readable = OperationFlags(rawValue: 1 << 13)
    public static let writable = OperationFlags(rawValue: 1 << 14)
    public static let dontCopy = OperationFlags(rawValue: 1 << 15)
    /// map: shared; without, private.
    public static let shared = OperationFlags(rawValue: 1 << 16)
    /// map: anonymous, huge pages wanted.
    public static let huge = OperationFlags(rawValue: 1 << 17)
    public static let hugetlb = OperationFlags(rawValue: 1 << 18)
    /// deviceRead, deviceWrite: the region's own queue, so that local rights apply.
    public static let local = OperationFlags(rawValue: 1 << 19)
    public static let dmaBuffer = OperationFlags(rawValue: 1 << 20)
    /// mmap of a file opened for reading only: a shared mapping can never gain write.
    public static let readOnlyFile = OperationFlags(rawValue: 1 << 21)
    /// Registration by a library that keeps DONTFORK for registered ranges (ibv_fork_init).
    public static let forkProtected = OperationFlags(rawValue: 1 << 22)
    /// io_uring: the process's second ring.
    public static let secondRing = OperationFlags(rawValue: 1 << 26)
    /// register: windows may be bound to the region.
    public static let windowBind = OperationFlags(rawValue: 1 << 27)
    /// bind: a window that must be invalidated before it is bound again.
    public static let secondType = OperationFlags(rawValue: 1 << 28)
    /// reregister: with other memory.
    public static let otherMemory = OperationFlags(rawValue: 1 << 25)
    /// send: the message carries a handle of the node of peer `pageCount`.
    public static let passesHandle = OperationFlags(rawValue: 1 << 24)
    /// A dma-buf importer that pins instead of following moves.
    public static let pinnedImport = OperationFlags(rawValue: 1 << 23)
}
