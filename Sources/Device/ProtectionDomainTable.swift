// ProtectionDomainTable.swift - the protection domains of this process, and those that stand for other processes'.
//
// Owns: which domain a number means. Does not: count what depends on them.
// Locking: `lock`.

import Fabric
import Verbs

/// Protection domains by number, and by whose they are.
final class ProtectionDomainTable: @unchecked Sendable {
    /// A domain of another process.
    private struct Foreign: Hashable {
        let owner: HolderIdentity
        let number: ProtectionDomainNumber
    }

    private let lock = PrivateLock()
    private var own: [ProtectionDomainNumber: ProtectionDomain] = [:]
    private var standIns: [Foreign: (domain: ProtectionDomain, uses: Int)] = [:]

    func insert(_ domain: ProtectionDomain) { lock.withLock { own[domain.number] = domain } }
    func remove(_ number: ProtectionDomainNumber) { lock.withLock { own[number] = nil } }

    /// One of this process's own.
    func domain(_ number: ProtectionDomainNumber) -> ProtectionDomain? { lock.withLock { own[number] } }

    /// The domain that stands here for another process's, for one more import of it.
    func standIn(
        for number: ProtectionDomainNumber, of owner: HolderIdentity, make: () throws(VerbsErrno) -> ProtectionDomain
    ) throws(VerbsErrno) -> ProtectionDomain {
        let foreign = Foreign(owner: owner, number: number)
        if let known = use(foreign) { return known }
        let made = try make()
        // Another thread may have been first.
        let kept = lock.withLock { () -> ProtectionDomain in
            let kept = standIns[foreign]?.domain ?? made
            standIns[foreign] = (kept, (standIns[foreign]?.uses ?? 0) + 1)
            return kept
        }
        if kept !== made { try made.deallocate() }
        return kept
    }

    private func use(_ foreign: Foreign) -> ProtectionDomain? {
        lock.withLock {
            standIns[foreign]?.uses += 1
            return standIns[foreign]?.domain
        }
    }

    /// One import less. What still depends on it keeps it.
    func endUse(of number: ProtectionDomainNumber, of owner: HolderIdentity) {
        let foreign = Foreign(owner: owner, number: number)
        let unused = lock.withLock { () -> ProtectionDomain? in
            standIns[foreign]?.uses -= 1
            guard let known = standIns[foreign], known.uses == 0, known.domain.hasNoDependents else { return nil }
            standIns[foreign] = nil
            return known.domain
        }
        try? unused?.deallocate()
    }
}
