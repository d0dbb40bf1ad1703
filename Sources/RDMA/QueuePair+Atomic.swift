// QueuePair+Atomic.swift - eight bytes of the peer's memory, changed in one step.
//
// Spec: IBA vol 1, 9.4.5; annex A19.   C: IBV_WR_ATOMIC_FETCH_AND_ADD, IBV_WR_ATOMIC_CMP_AND_SWP, IBV_WR_ATOMIC_WRITE.

internal import Device
import Verbs

extension QueuePair {
    /// Posts an addition to a word of the peer's memory; wraps around.
    /// - Parameters:
    ///   - addend: what is added, in the byte order of the host.
    ///   - remote: the word: its first eight bytes, at an address that eight divides.
    ///   - region: gets what the word was before. It needs `.localWrite`, and must stay until the completion.
    ///   - offset: where in the region, in bytes; eight are written.
    ///   - id: what the completion will be told by.
    ///   - options: `.signaled`, `.solicited` and `.fence`, as for messages.
    /// - Precondition: the eight bytes lie within the region.
    /// - Throws: ``RDMAError/Kind/invalidArgument`` if `remote` is shorter than eight bytes; ``RDMAError/Kind/queueFull``;
    ///   ``RDMAError/Kind/wrongState`` before the queue pair is connected.
    public func postFetchAndAdd(
        _ addend: UInt64, to remote: RemoteMemory, into region: borrowing MemoryRegion, offset: Int = 0, id: UInt64 = 0,
        options: SendFlags = .signaled
    ) throws(RDMAError) {
        var request = oneSidedRequest(.fetchAndAdd, remote, id, options)
        request.compareAdd = addend
        try postAtomic(request, remote, region.element(offset, Self.atomicBytes))
    }

    /// Posts an exchange of a word of the peer's memory, done only if it has the expected value.
    /// - Parameters:
    ///   - expected: what the word must be, in the byte order of the host; otherwise it stays.
    ///   - desired: what it becomes.
    ///   - remote: the word: its first eight bytes, at an address that eight divides.
    ///   - region: gets what the word was before: `expected`, if the exchange was done.
    ///   - offset: where in the region, in bytes; eight are written.
    ///   - id: what the completion will be told by.
    ///   - options: `.signaled`, `.solicited` and `.fence`, as for messages.
    /// - Precondition: the eight bytes lie within the region.
    /// - Throws: as ``postFetchAndAdd(_:to:into:offset:id:options:)``.
    public func postCompareAndSwap(
        expected: UInt64, desired: UInt64, at remote: RemoteMemory, into region: borrowing MemoryRegion, offset: Int = 0,
        id: UInt64 = 0, options: SendFlags = .signaled
    ) throws(RDMAError) {
        var request = oneSidedRequest(.compareAndSwap, remote, id, options)
        request.compareAdd = expected
        request.swap = desired
        try postAtomic(request, remote, region.element(offset, Self.atomicBytes))
    }

    /// Posts a write of one word of the peer's memory: whoever looks sees the old or the new, never a part of each.
    /// - Parameters:
    ///   - region: holds the word, and must stay until the completion.
    ///   - offset: where in the region, in bytes.
    ///   - remote: the word: its first eight bytes, at an address that eight divides. Its key needs `.remoteWrite`.
    ///   - id: what the completion will be told by.
    ///   - options: `.signaled`, `.solicited` and `.fence`, as for messages.
    /// - Precondition: the eight bytes lie within the region.
    /// - Throws: as ``postFetchAndAdd(_:to:into:offset:id:options:)``.
    public func postAtomicWrite(
        _ region: borrowing MemoryRegion, offset: Int = 0, to remote: RemoteMemory, id: UInt64 = 0,
        options: SendFlags = .signaled
    ) throws(RDMAError) {
        let request = oneSidedRequest(.atomicWrite, remote, id, options)
        try postAtomic(request, remote, region.element(offset, Self.atomicBytes))
    }

    private static var atomicBytes: Int { Int(ScatterGatherRules.atomicBytes) }

    @inline(__always)
    private func postAtomic(_ request: SendRequest, _ remote: RemoteMemory, _ word: ScatterGatherElement) throws(RDMAError) {
        guard remote.byteCount >= Self.atomicBytes else { try refuseTooLong(remote, Self.atomicBytes) }
        try post(request, word)
    }
}
