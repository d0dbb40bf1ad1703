// XRCDomain.swift - what ties the targets of extended connections to the shared receive queues that they deliver to.
//
// Owns: the domain's name on the fabric, the file that stands for it, and the count of what depends on it here.
// Spec: IBA vol 1, annex A14.   C: struct ibv_xrcd; ibv_open_xrcd(3).
// Locking: the count is atomic.

import Fabric
import Platform
import Synchronization
import Verbs

/// An XRC domain. Those that processes open by the same file are one.
public final class XRCDomain: @unchecked Sendable {
    public let context: DeviceContext
    public let identity: XRCDomainIdentity
    /// Targets have no protection domain, for the shared receive queues' count. This one stands in: nothing can be
    /// registered in it.
    let placeholder: ProtectionDomain
    /// Kept open, so that the inode means the same file as long as the domain exists. -1: no file.
    private let file: Int32
    /// Written when the domain is closed, after which nobody may use it.
    private var announcement: XRCDomainAnnouncement?

    private static let ownDomains = Atomic<UInt64>(0)

    /// - Parameter descriptor: of the file that stands for the domain; nil for a domain that is not shared.
    init(context: DeviceContext, descriptor: Int32?, mayCreate: Bool, mustCreate: Bool) throws(VerbsErrno) {
        self.context = context
        let device = UInt16(truncatingIfNeeded: context.description.index)
        guard let descriptor else {
            identity = .own(
                number: Self.ownDomains.wrappingAdd(1, ordering: .relaxed).newValue,
                process: UInt32(truncatingIfNeeded: context.process.holder.rawValue >> 32), device: device)
            file = -1
            placeholder = try ProtectionDomain(context: context)
            return
        }
        let kept: OwnedDescriptor
        do {
            let file = try FileIdentity(descriptor: descriptor)
            identity = .shared(inode: file.inode, fileSystem: file.fileSystem, device: device)
            kept = try OwnedDescriptor.duplicate(of: descriptor)
        } catch {
            throw VerbsErrno(rawValue: error.number)
        }
        announcement = try XRCDomainAnnouncement(
            identity, member: context.process.member, mayCreate: mayCreate, mustCreate: mustCreate)
        placeholder = try ProtectionDomain(context: context)
        file = kept.release()
    }

    /// EBUSY while this process's queue pairs or shared receive queues belong to it.
    public func close() throws(VerbsErrno) {
        try placeholder.deallocate()
        announcement = nil
        if file >= 0 { _ = OwnedDescriptor(adopting: file) }
    }

    public func createSharedReceiveQueue(
        domain: ProtectionDomain, completionQueue: CompletionQueue, workRequests: UInt32, elements: UInt32, limit: UInt32
    ) throws(VerbsErrno) -> SharedReceiveQueue {
        try SharedReceiveQueue(
            domain: domain, workRequests: workRequests, elements: elements, limit: limit,
            extended: SharedReceiveQueueExtension(domain: self, completionQueue: completionQueue))
    }

    /// The receiving half of an extended connection.
    public func createTarget() throws(VerbsErrno) -> QueuePair {
        try QueuePair(
            domain: placeholder, type: .xrcTarget, capabilities: QueuePairCapabilities(),
            sendQueue: context.unpolledQueue(), receiveQueue: context.unpolledQueue(), sharedReceiveQueue: nil,
            signalAll: false, sendOperations: nil, xrcDomain: identity)
    }

    /// Another handle on a target of this domain, whichever process made it. EINVAL where there is none.
    public func openTarget(_ number: QueuePairNumber) throws(VerbsErrno) -> QueuePair {
        let opened = try OpenedTarget(number: number, domain: identity, member: context.process.member)
        do throws(VerbsErrno) {
            return try QueuePair(
                domain: placeholder, type: .xrcTarget, capabilities: QueuePairCapabilities(),
                sendQueue: context.unpolledQueue(), receiveQueue: context.unpolledQueue(), sharedReceiveQueue: nil,
                signalAll: false, sendOperations: nil, opened: opened)
        } catch {
            opened.close()
            throw error
        }
    }
}
