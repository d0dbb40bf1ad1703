// QueuePair+Receive.swift - room for the peer's messages.
//
// Spec: IBA vol 1, 11.4.1.2.   C: ibv_post_recv(3). HOT.

internal import Device
import Fabric
import Verbs

extension QueuePair {
    /// Posts a receive: one message of the peer, or the immediate of one write, will be put there.
    /// - Parameters:
    ///   - region: where the message goes. It needs `.localWrite`, and must stay until the completion.
    ///   - range: its bytes, fewer than 4 GiB; all of the region unless given.
    ///   - id: what the completion will be told by.
    /// - Throws: ``RDMAError/Kind/queueFull``; ``RDMAError/Kind/wrongState`` in state RESET;
    ///   ``RDMAError/Kind/invalidArgument`` if the queue pair takes its receives from a shared queue.
    public func postReceive(into region: borrowing MemoryRegion, _ range: Range<Int>? = nil, id: UInt64 = 0) throws(RDMAError) {
        DeviceShare.requireOwner(owner)
        var element = region.element(range)
        let code = unsafe withUnsafePointer(to: &element) { pointer -> Int32 in
            unsafe core.postReceive(workRequestID: id, elements: pointer, count: 1)
        }
        if code != 0 { try refuseReceive(code, pieces: 1) }
    }

    /// Posts a receive whose message is spread over several pieces.
    /// - Throws: as for one piece; ``RDMAError/Kind/invalidArgument`` for more pieces than the receive queue was made for.
    public func postReceive(scattering list: borrowing ScatterGatherList, id: UInt64 = 0) throws(RDMAError) {
        DeviceShare.requireOwner(owner)
        let code = unsafe core.postReceive(workRequestID: id, elements: list.elements, count: Int32(clamping: list.count))
        if code != 0 { try refuseReceive(code, pieces: list.count) }
    }
}
