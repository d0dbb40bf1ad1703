// SharedXRCDomain.swift - an XRC domain's name in an entry of a shared segment.
//
// Locking: written by the owner before it publishes the entry.

import Verbs

/// Two words that name an XRC domain.
@frozen
public struct SharedXRCDomain {
    @usableFromInline let serial: SharedWord64
    @usableFromInline let scope: SharedWord64

    @inlinable
    init(serial: SharedWord64, scope: SharedWord64) {
        self.serial = serial
        self.scope = scope
    }

    public var identity: XRCDomainIdentity { XRCDomainIdentity(serial: serial.load(), scope: scope.load()) }

    public func store(_ identity: XRCDomainIdentity) {
        serial.store(identity.serial)
        scope.store(identity.scope)
    }
}
