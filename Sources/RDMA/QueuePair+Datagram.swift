// QueuePair+Datagram.swift - messages that name their receiver, and may be lost.
//
// Spec: IBA vol 1, 9.8.3.   C: IBV_WR_SEND and IBV_WR_SEND_WITH_IMM of a UD queue pair.

internal import Device
import Verbs

extension QueuePair {
    /// What stands in front of each datagram in the receive: receives need 40 bytes more than the message.
    public static let routeHeaderBytes = 40

    /// Posts a datagram.
    /// - Parameters:
    ///   - region: holds the datagram, and must stay until the completion.
    ///   - range: its bytes, at most 4096; all of the region unless given. Longer datagrams are lost, and so are those
    ///     that meet no receive.
    ///   - peer: where it goes. It may end as soon as this returns.
    ///   - id: what the completion will be told by.
    ///   - immediate: 32 bits that the peer finds in its completion.
    ///   - options: `.signaled`, `.solicited` and `.fence`, as for messages.
    /// - Throws: ``RDMAError/Kind/queueFull``; ``RDMAError/Kind/wrongState`` before the queue pair is activated;
    ///   ``RDMAError/Kind/invalidArgument`` unless it is one for datagrams.
    public func postSend(
        _ region: borrowing MemoryRegion, _ range: Range<Int>? = nil, to peer: borrowing AddressHandle, id: UInt64 = 0,
        immediate: UInt32? = nil, options: SendFlags = .signaled
    ) throws(RDMAError) {
        try post(datagramRequest(peer, id, immediate, options), region.element(range))
    }

    /// Posts a datagram gathered from several pieces.
    /// - Throws: as for one piece; ``RDMAError/Kind/invalidArgument`` for more pieces than the send queue was made for.
    public func postSend(
        gathering list: borrowing ScatterGatherList, to peer: borrowing AddressHandle, id: UInt64 = 0,
        immediate: UInt32? = nil, options: SendFlags = .signaled
    ) throws(RDMAError) {
        try post(datagramRequest(peer, id, immediate, options), list)
    }

    /// Posts a small datagram from any memory: it is copied before this returns.
    /// - Parameters:
    ///   - bytes: at most the `inlineData` of ``capabilities``.
    ///   - peer: where it goes.
    ///   - id: what the completion will be told by.
    ///   - immediate: 32 bits that the peer finds in its completion.
    ///   - options: `.signaled`, `.solicited` and `.fence`, as for messages.
    /// - Throws: as for one piece; ``RDMAError/Kind/invalidArgument`` for too many bytes.
    public func postSend(
        inline bytes: Span<UInt8>, to peer: borrowing AddressHandle, id: UInt64 = 0, immediate: UInt32? = nil,
        options: SendFlags = .signaled
    ) throws(RDMAError) {
        try post(datagramRequest(peer, id, immediate, options), inline: bytes)
    }

    @inline(__always)
    private func datagramRequest(
        _ peer: borrowing AddressHandle, _ id: UInt64, _ immediate: UInt32?, _ options: SendFlags
    ) throws(RDMAError) -> SendRequest {
        guard type == .unreliableDatagram else { try refuseWithAddress() }
        var request = sendRequest(id, immediate, options)
        unsafe request.addressHandle = .passUnretained(peer.core)
        request.remoteQueuePair = peer.endpoint.queuePair
        request.remoteQueueKey = peer.endpoint.queueKey
        return request
    }
}
