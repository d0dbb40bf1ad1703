// QueuePair+OneSided.swift - writes and reads: the peer's program takes no part.
//
// Owns: that a request names no more remote memory than its caller knows of. Rights and bounds are the peer's to check.
// Spec: IBA vol 1, 10.8.2.   C: IBV_WR_RDMA_WRITE, IBV_WR_RDMA_WRITE_WITH_IMM, IBV_WR_RDMA_READ.

internal import Device
import Verbs

extension QueuePair {
    /// Posts a write into the peer's memory.
    ///
    /// The last bytes become visible last: a peer may wait for them with ``MemoryRegion/load(_:at:)``.
    /// - Parameters:
    ///   - region: holds what is written, and must stay until the completion.
    ///   - range: its bytes, fewer than 4 GiB; all of the region unless given.
    ///   - remote: where they go, from the front.
    ///   - id: what the completion will be told by.
    ///   - immediate: 32 bits that the peer finds in a completion; takes a receive that the peer has posted.
    ///   - options: `.signaled`, `.solicited` and `.fence`, as for messages.
    /// - Precondition: the range lies within the region.
    /// - Throws: ``RDMAError/Kind/invalidArgument`` if the bytes are more than `remote` has; ``RDMAError/Kind/queueFull``;
    ///   ``RDMAError/Kind/wrongState`` before the queue pair is connected.
    public func postWrite(
        _ region: borrowing MemoryRegion, _ range: Range<Int>? = nil, to remote: RemoteMemory, id: UInt64 = 0,
        immediate: UInt32? = nil, options: SendFlags = .signaled
    ) throws(RDMAError) {
        let element = region.element(range)
        guard element.length <= remote.byteCount else { try refuseTooLong(remote, Int(element.length)) }
        try post(writeRequest(remote, id, immediate, options), element)
    }

    /// Posts a write gathered from several pieces.
    /// - Throws: as for one piece; ``RDMAError/Kind/invalidArgument`` for more pieces than the send queue was made for.
    public func postWrite(
        gathering list: borrowing ScatterGatherList, to remote: RemoteMemory, id: UInt64 = 0, immediate: UInt32? = nil,
        options: SendFlags = .signaled
    ) throws(RDMAError) {
        guard list.byteCount <= remote.byteCount else { try refuseTooLong(remote, list.byteCount) }
        try post(writeRequest(remote, id, immediate, options), list)
    }

    /// Posts a small write from any memory: it is copied before this returns.
    /// - Parameters:
    ///   - bytes: at most the `inlineData` of ``capabilities``.
    ///   - remote: where they go, from the front.
    ///   - id: what the completion will be told by.
    ///   - immediate: 32 bits that the peer finds in its completion.
    ///   - options: `.signaled`, `.solicited` and `.fence`, as for messages.
    /// - Throws: as for one piece; ``RDMAError/Kind/invalidArgument`` for too many bytes.
    public func postWrite(
        inline bytes: Span<UInt8>, to remote: RemoteMemory, id: UInt64 = 0, immediate: UInt32? = nil,
        options: SendFlags = .signaled
    ) throws(RDMAError) {
        guard bytes.count <= remote.byteCount else { try refuseTooLong(remote, bytes.count) }
        try post(writeRequest(remote, id, immediate, options), inline: bytes)
    }

    /// Posts a read from the peer's memory.
    /// - Parameters:
    ///   - region: where the bytes go. It needs `.localWrite`, and must stay until the completion.
    ///   - range: its bytes, fewer than 4 GiB; all of the region unless given.
    ///   - remote: where they come from, from the front.
    ///   - id: what the completion will be told by.
    ///   - options: `.signaled`, `.solicited` and `.fence`, as for messages.
    /// - Throws: as ``postWrite(_:_:to:id:immediate:options:)``.
    public func postRead(
        into region: borrowing MemoryRegion, _ range: Range<Int>? = nil, from remote: RemoteMemory, id: UInt64 = 0,
        options: SendFlags = .signaled
    ) throws(RDMAError) {
        let element = region.element(range)
        guard element.length <= remote.byteCount else { try refuseTooLong(remote, Int(element.length)) }
        try post(oneSidedRequest(.rdmaRead, remote, id, options), element)
    }

    /// Posts a read whose bytes are spread over several pieces.
    /// - Throws: as for one piece; ``RDMAError/Kind/invalidArgument`` for more pieces than the send queue was made for.
    public func postRead(
        scattering list: borrowing ScatterGatherList, from remote: RemoteMemory, id: UInt64 = 0, options: SendFlags = .signaled
    ) throws(RDMAError) {
        guard list.byteCount <= remote.byteCount else { try refuseTooLong(remote, list.byteCount) }
        try post(oneSidedRequest(.rdmaRead, remote, id, options), list)
    }

    @inline(__always)
    func oneSidedRequest(_ opcode: SendOpcode, _ remote: RemoteMemory, _ id: UInt64, _ options: SendFlags) -> SendRequest {
        var request = request(opcode, id, options)
        request.remoteAddress = remote.address
        request.remoteKey = remote.key
        return request
    }

    @inline(__always)
    private func writeRequest(
        _ remote: RemoteMemory, _ id: UInt64, _ immediate: UInt32?, _ options: SendFlags
    ) -> SendRequest {
        guard let immediate else { return oneSidedRequest(.rdmaWrite, remote, id, options) }
        var request = oneSidedRequest(.rdmaWriteWithImmediate, remote, id, options)
        request.immediate = immediate.bigEndian
        return request
    }
}
