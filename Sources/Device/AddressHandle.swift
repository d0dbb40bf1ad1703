// AddressHandle.swift - where datagrams go.
//
// Owns: the path, and whether it leads to a device of this fabric. Spec: IBA vol 1, 11.2.2.   C: struct ibv_ah.

import Verbs

/// A path to a port, for datagrams.
public final class AddressHandle: @unchecked Sendable {
    public let domain: ProtectionDomain
    public let vector: AddressVector
    let destination: DatagramDestination

    init(domain: ProtectionDomain, vector: AddressVector) throws(VerbsErrno) {
        try QueuePairAttributeRules.check(vector, limits: .standard, linkLayer: domain.context.description.linkLayer)
        try domain.process.addressHandles.add()
        self.domain = domain
        self.vector = vector
        destination = DatagramDestination(
            protectionDomain: domain.number, device: domain.context.resolve(vector),
            source: domain.context.gid(at: vector.sourceGIDIndex), vector: vector)
        domain.addDependent()
    }

    public func destroy() throws(VerbsErrno) {
        domain.process.addressHandles.remove()
        domain.removeDependent()
    }
}
