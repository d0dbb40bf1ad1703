// AddressHandle.swift - where datagrams go.
//
// Owns: the path, and the queue pair at its end. Spec: IBA vol 1, 11.2.2.   C: struct ibv_ah; ibv_create_ah(3).

internal import Device
import Verbs

/// The address of an unreliable datagram queue pair, ready for posting.
///
/// Made by ``ProtectionDomain/makeAddressHandle(to:)``; for many datagrams, from any queue pair of its domain.
public struct AddressHandle: ~Copyable, Sendable {
    let core: Device::AddressHandle
    let domain: DomainShare
    /// The queue pair that the datagrams go to.
    public let endpoint: Endpoint

    init(domain: DomainShare, endpoint: Endpoint) throws(RDMAError) {
        try domain.device.checkOwner(.addressHandle)
        do throws(VerbsErrno) {
            core = try domain.core.createAddressHandle(endpoint.path)
        } catch {
            throw RDMAError(
                .addressHandle, errno: error, rule: "the path to \(endpoint) does not fit this device's port",
                remedy: "Use an endpoint of a device on the same fabric and link layer")
        }
        self.domain = domain
        self.endpoint = endpoint
    }

    deinit {
        guard domain.device.owner.isOwn else { return }
        // Cannot be refused: nothing depends on an address handle.
        try? core.destroy()
    }
}
