// ProtectionDomain.swift - what ties queue pairs to the memory they may use.
//
// Owns: a share of the domain; what is made in it holds one too. Does not: check rights (Verbs).
// Spec: IBA vol 1, 10.2.3.   C: struct ibv_pd; ibv_alloc_pd(3).

internal import Device
import Verbs

/// A protection domain: queue pairs reach only the memory that is registered in their own domain.
///
/// It lives for as long as this value, or anything made in it, exists: a memory region or a queue pair cannot outlive it.
public struct ProtectionDomain: ~Copyable, Sendable {
    let share: DomainShare

    /// Makes memory that the device may use: zeroed, page-aligned, of its own.
    ///
    /// The memory is a shared file, so that a peer's one-sided requests reach it without a system call.
    /// - Parameters:
    ///   - byteCount: at least 1.
    ///   - access: what may be done with it. Local reading always may. Rights of peers to change it need `.localWrite` too.
    /// - Throws: ``RDMAError/Kind/invalidArgument`` for an empty region or rights that contradict each other;
    ///   ``RDMAError/Kind/outOfResources`` when memory, or the locked-memory allowance, is used up.
    public func makeMemoryRegion(
        byteCount: Int, access: AccessFlags = .localWrite
    ) throws(RDMAError) -> MemoryRegion {
        try MemoryRegion(domain: share, byteCount: byteCount, access: access)
    }

    /// Makes a queue pair with the usual sizes.
    /// - Parameters:
    ///   - type: the transport service.
    ///   - queue: where both its sends and its receives complete.
    /// - Throws: as ``makeQueuePair(_:)``.
    public func makeQueuePair(
        _ type: QueuePairType = .reliableConnection, completions queue: borrowing CompletionQueue
    ) throws(RDMAError) -> QueuePair {
        try makeQueuePair(QueuePair.Configuration(type, completions: queue))
    }

    /// Makes a queue pair.
    /// - Throws: ``RDMAError/Kind/invalidArgument`` for sizes beyond ``Device/limits``, or queues of another device;
    ///   ``RDMAError/Kind/outOfResources``.
    public func makeQueuePair(_ configuration: QueuePair.Configuration) throws(RDMAError) -> QueuePair {
        try QueuePair(domain: share, configuration)
    }

    /// Makes a receive queue that several queue pairs share.
    /// - Parameters:
    ///   - capacity: how many receives may be posted at once, 1 ... ``Device/limits``' `maxSharedReceiveWorkRequests`.
    ///   - elements: how many pieces one receive may have, up to ``Device/limits``' `maxScatterGather`.
    /// - Throws: ``RDMAError/Kind/invalidArgument`` for sizes beyond the limits, ``RDMAError/Kind/outOfResources``.
    public func makeSharedReceiveQueue(
        capacity: Int = 64, elements: Int = 4
    ) throws(RDMAError) -> SharedReceiveQueue {
        try SharedReceiveQueue(domain: share, capacity: capacity, elements: elements)
    }

    /// Makes the address of an unreliable datagram queue pair.
    /// - Parameter endpoint: the peer's ``QueuePair/endpoint``.
    /// - Throws: ``RDMAError/Kind/invalidArgument`` if the endpoint does not fit this device's link layer.
    public func makeAddressHandle(to endpoint: Endpoint) throws(RDMAError) -> AddressHandle {
        try AddressHandle(domain: share, endpoint: endpoint)
    }
}
