// BackingKind.swift - what stands behind a backing page.

/// What stands behind a backing page.
public enum BackingKind: Int, CaseIterable, Sendable {
    /// tmpfs, memfd, MAP_SHARED|MAP_ANONYMOUS: no dirty tracking.
    case sharedMemory = 0
    /// A file system with write-back and page_mkwrite.
    case trackedFile
    /// Filesystem DAX: the backing page is the storage block.
    case directAccess
    /// Peer-to-peer memory of a PCI device, through its `allocate` file.
    case peerToPeer
    /// A doorbell or register page.
    case deviceRegisters
    /// Truncated away: access is SIGBUS.
    case truncated
    /// hugetlbfs.
    case hugePages
}
