// SharedReceiveShare.swift - what all holders of a shared receive queue share.
//
// Owns: the queue, destroyed when the last holder ends.

internal import Device
import Fabric
import Verbs

/// The shared receive queue, kept by the queue pairs that use it.
@safe
final class SharedReceiveShare: Sendable {
    let domain: DomainShare
    let core: Device::SharedReceiveQueue
    private let owner: OwnerWord

    init(domain: DomainShare, capacity: Int, elements: Int) throws(RDMAError) {
        try domain.device.checkOwner(.sharedReceiveQueue)
        self.domain = domain
        owner = domain.device.owner
        do throws(VerbsErrno) {
            core = try domain.core.createSharedReceiveQueue(
                workRequests: UInt32(clamping: capacity), elements: UInt32(clamping: elements), limit: 0)
        } catch {
            let limits = domain.device.context.limits
            throw RDMAError(
                .sharedReceiveQueue, errno: error,
                rule: "it holds 1 ... \(limits.maxSharedReceiveWorkRequests) receives of at most \(limits.maxScatterGather) pieces",
                remedy: "Ask for sizes in that range, not \(capacity) and \(elements)")
        }
    }

    deinit {
        guard owner.isOwn else { return }
        // Refused only while queue pairs use it, which would hold this share.
        try? core.destroy()
    }

    @inline(__always)
    func post(_ id: UInt64, _ elements: UnsafePointer<ScatterGatherElement>, _ count: Int32) -> Int32 {
        DeviceShare.requireOwner(owner)
        return unsafe core.postReceive(workRequestID: id, elements: elements, count: count)
    }

    @inline(never)
    func refuse(_ code: Int32, pieces: Int) throws(RDMAError) -> Never {
        if code == VerbsErrno.noMemory.rawValue {
            throw RDMAError(
                .sharedReceiveQueue, .queueFull, rule: "it holds at most \(core.workRequests) receives",
                remedy: "Poll completions of its queue pairs first, or make it larger")
        }
        throw RDMAError(
            .sharedReceiveQueue, errno: VerbsErrno(rawValue: code), rule: "a receive has at most \(core.elements) pieces, not \(pieces)",
            remedy: "Make the queue with more elements")
    }
}
