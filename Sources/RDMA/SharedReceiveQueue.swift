// SharedReceiveQueue.swift - receives that several queue pairs share.
//
// Owns: a share of the queue; the queue pairs that use it hold one too.
// Spec: IBA vol 1, 10.2.9.   C: struct ibv_srq; ibv_create_srq(3), ibv_post_srq_recv(3).

internal import Device
import Fabric
import Verbs

/// A receive queue that several queue pairs take their receives from.
///
/// Made by ``ProtectionDomain/makeSharedReceiveQueue(capacity:elements:)``, used by ``QueuePair/Configuration/receives(from:)``.
/// It lives for as long as this value, or a queue pair that uses it, exists.
public struct SharedReceiveQueue: ~Copyable, Sendable {
    let share: SharedReceiveShare

    init(domain: DomainShare, capacity: Int, elements: Int) throws(RDMAError) {
        share = try SharedReceiveShare(domain: domain, capacity: capacity, elements: elements)
    }

    /// How ``DeviceEvent``s name the queue.
    public var id: ObjectIdentifier { ObjectIdentifier(share.core) }

    /// Posts a receive: one message, of any of the queue pairs, will be put there.
    /// - Parameters:
    ///   - region: where the message goes. It needs `.localWrite`, and must stay until the completion.
    ///   - range: its bytes, fewer than 4 GiB; all of the region unless given.
    ///   - id: what the completion will be told by.
    /// - Throws: ``RDMAError/Kind/queueFull``.
    public func postReceive(into region: borrowing MemoryRegion, _ range: Range<Int>? = nil, id: UInt64 = 0) throws(RDMAError) {
        var element = region.element(range)
        let code = unsafe withUnsafePointer(to: &element) { unsafe share.post(id, $0, 1) }
        if code != 0 { try share.refuse(code, pieces: 1) }
    }

    /// Posts a receive whose message is spread over several pieces.
    /// - Throws: ``RDMAError/Kind/queueFull``; ``RDMAError/Kind/invalidArgument`` for more pieces than the queue was made for.
    public func postReceive(scattering list: borrowing ScatterGatherList, id: UInt64 = 0) throws(RDMAError) {
        let code = unsafe share.post(id, list.elements, Int32(clamping: list.count))
        if code != 0 { try share.refuse(code, pieces: list.count) }
    }

    /// Asks for one `sharedReceiveQueueLimitReached` event (``Device/nextEvent()``) as soon as fewer receives are left.
    /// - Parameter limit: 0 asks for none.
    /// - Throws: ``RDMAError/Kind/invalidArgument`` if the limit is above the queue's capacity.
    public func requestEvent(below limit: Int) throws(RDMAError) {
        do throws(VerbsErrno) {
            try share.core.arm(limit: UInt32(clamping: limit))
        } catch {
            throw RDMAError(
                .sharedReceiveQueue, errno: error, rule: "its limit is at most its capacity (\(share.core.workRequests))",
                remedy: "Ask for a smaller limit than \(limit)")
        }
    }
}
