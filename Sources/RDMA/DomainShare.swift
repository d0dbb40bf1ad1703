// DomainShare.swift - what all holders of a protection domain share.
//
// Owns: the domain, deallocated when the last holder ends.

internal import Device
import Verbs

/// The protection domain, kept by everything made in it.
final class DomainShare: Sendable {
    let device: DeviceShare
    let core: Device::ProtectionDomain

    init(device: DeviceShare) throws(RDMAError) {
        try device.checkOwner(.protectionDomain)
        self.device = device
        do throws(VerbsErrno) {
            core = try device.context.allocateProtectionDomain()
        } catch {
            throw RDMAError(.protectionDomain, errno: error, rule: "it cannot be made", remedy: "Let unused domains end")
        }
    }

    deinit {
        guard device.owner.isOwn else { return }
        // Refused only while something is in it, which would hold this share.
        try? core.deallocate()
    }
}
