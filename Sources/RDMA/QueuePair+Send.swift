// QueuePair+Send.swift - messages: they take a receive that the peer has posted.
//
// Spec: IBA vol 1, 10.8.2.1.   C: IBV_WR_SEND, IBV_WR_SEND_WITH_IMM.

internal import Device
import Verbs

extension QueuePair {
    /// Posts a message to the connected peer.
    /// - Parameters:
    ///   - region: holds the message, and must stay until the completion.
    ///   - range: its bytes, fewer than 4 GiB; all of the region unless given.
    ///   - id: what the completion will be told by.
    ///   - immediate: 32 bits that the peer finds in its completion.
    ///   - options: `.signaled` asks for a completion also on success, `.solicited` raises an event at the peer, `.fence`
    ///     waits for earlier reads and atomics.
    /// - Throws: ``RDMAError/Kind/queueFull``; ``RDMAError/Kind/wrongState`` before the queue pair is connected.
    public func postSend(
        _ region: borrowing MemoryRegion, _ range: Range<Int>? = nil, id: UInt64 = 0, immediate: UInt32? = nil,
        options: SendFlags = .signaled
    ) throws(RDMAError) {
        try post(messageRequest(id, immediate, options), region.element(range))
    }

    /// Posts a message gathered from several pieces.
    /// - Throws: as for one piece; ``RDMAError/Kind/invalidArgument`` for more pieces than the send queue was made for.
    public func postSend(
        gathering list: borrowing ScatterGatherList, id: UInt64 = 0, immediate: UInt32? = nil, options: SendFlags = .signaled
    ) throws(RDMAError) {
        try post(messageRequest(id, immediate, options), list)
    }

    /// Posts a small message from any memory: it is copied before this returns.
    /// - Parameters:
    ///   - bytes: at most the `inlineData` of ``capabilities``.
    ///   - id: what the completion will be told by.
    ///   - immediate: 32 bits that the peer finds in its completion.
    ///   - options: `.signaled`, `.solicited` and `.fence`, as for messages.
    /// - Throws: as for one piece; ``RDMAError/Kind/invalidArgument`` for too many bytes.
    public func postSend(
        inline bytes: Span<UInt8>, id: UInt64 = 0, immediate: UInt32? = nil, options: SendFlags = .signaled
    ) throws(RDMAError) {
        try post(messageRequest(id, immediate, options), inline: bytes)
    }

    @inline(__always)
    private func messageRequest(_ id: UInt64, _ immediate: UInt32?, _ options: SendFlags) throws(RDMAError) -> SendRequest {
        guard type != .unreliableDatagram else { try refuseWithoutAddress() }
        return sendRequest(id, immediate, options)
    }

    @inline(__always)
    func sendRequest(_ id: UInt64, _ immediate: UInt32?, _ options: SendFlags) -> SendRequest {
        guard let immediate else { return request(.send, id, options) }
        var request = request(.sendWithImmediate, id, options)
        request.immediate = immediate.bigEndian
        return request
    }
}
