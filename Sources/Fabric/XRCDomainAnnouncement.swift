// XRCDomainAnnouncement.swift - who has a shared XRC domain open.
//
// Owns: one abstract socket name for each opening of a domain. A domain exists while one of its names does; the kernel
// takes the names of a dead process back. A forked child that lives on without exec keeps its parent's names, as it keeps
// the kernel's device file of a real adapter.
// Locking: the check and the announcement are made under a name that only one process can hold at a time.

import Platform
import Synchronization
import Verbs

/// One opening of a shared XRC domain, until it is let go.
public final class XRCDomainAnnouncement: @unchecked Sendable {
    private let socket: LocalSocket

    private static let openings = Atomic<UInt32>(0)
    /// How often a name that another process holds is tried again, a millisecond apart: it is held for microseconds.
    private static let attempts = 1000

    /// Opens a domain, by the rules of `XRCDomainRules`.
    /// - Throws: EAGAIN, EINVAL as there; EBUSY when another process does not finish opening the same domain; ENOMEM
    ///   when there is no descriptor left.
    public init(
        _ identity: XRCDomainIdentity, member: Member, mayCreate: Bool, mustCreate: Bool
    ) throws(VerbsErrno) {
        let name = "\(member.fabric.prefix)xrc-\(String(identity.scope, radix: 16))-\(String(identity.serial, radix: 16))-"
        let turn = try Self.takeTurn(name + "opening")
        let exists = LocalSocket.names(withPrefix: name + "by-").isEmpty == false
        try XRCDomainRules.checkShared(exists: exists, mayCreate: mayCreate, mustCreate: mustCreate)
        let number = Self.openings.wrappingAdd(1, ordering: .relaxed).newValue
        guard let socket = try? LocalSocket.listen(name: name + "by-\(String(member.holder.rawValue, radix: 16))-\(number)") else {
            throw .noMemory
        }
        self.socket = socket
        _ = consume turn
    }

    private static func takeTurn(_ name: String) throws(VerbsErrno) -> LocalSocket {
        for _ in 0..<attempts {
            do throws(SystemError) {
                return try LocalSocket.listen(name: name)
            } catch {
                guard error.number == ErrorNumber.addressInUse else { throw .noMemory }
                Clock.sleep(nanoseconds: 1_000_000)
            }
        }
        throw .busy
    }
}
