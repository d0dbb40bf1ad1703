// ExtendedObjects.swift - what a victim has besides, when its queue pair is the sending half of an extended connection.
//
// Owns: a domain, a target of its own and a shared receive queue behind it: what a hostile peer may say was delivered.

@testable import Device
@testable import Fabric
import Verbs

/// The receiving side of extended connections.
final class ExtendedObjects {
    let domain: XRCDomain
    let shared: SharedReceiveQueue
    private let target: QueuePair

    init(_ context: DeviceContext, _ protection: ProtectionDomain, _ queue: CompletionQueue) throws {
        domain = try context.openXRCDomain(descriptor: nil, mayCreate: true, mustCreate: false)
        shared = try domain.createSharedReceiveQueue(
            domain: protection, completionQueue: queue, workRequests: 8, elements: 2, limit: 0)
        target = try domain.createTarget()
    }

    func end() throws {
        try target.destroy()
        try shared.destroy()
        try domain.close()
    }
}
