// HolderKind.swift - what kind of thing holds frames.

/// What kind of thing holds frames.
public enum HolderKind: Int, CaseIterable, Sendable {
    /// A memory region of the verbs (ib_umem).
    case memoryRegion = 0
    /// Bare pins, as gup_test takes them.
    case pin
    /// References of a pipe (vmsplice), or of any FOLL_GET user.
    case reference
    /// io_uring fixed buffers.
    case fixedBuffer
    /// An on-demand region: no pin, notified.
    case onDemand
    /// A dma-buf region: frames of an exporter.
    case dmaBuffer
    /// A memory window: a part of a region under a key of its own.
    case window
}
