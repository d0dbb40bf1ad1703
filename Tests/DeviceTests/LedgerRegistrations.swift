// LedgerRegistrations.swift - registrations by the library's rules and ledger, without a device.

import Glibc
import Verbs

/// Registrations by the rules and the ledger.
struct LedgerRegistrations: RegistrationSubject {
    private var account = MemlockAccount()
    private var ledger = PinLedger()
    private var live: [PageRange] = []

    mutating func register(offset: UInt64, length: UInt64, skew: UInt64, access: AccessFlags) -> VerbsErrno? {
        let request = MemoryRegistrationRequest(address: offset, length: length, deviceAddress: offset + skew, access: access)
        do throws(VerbsErrno) { try admit(request) } catch { return error }
        return nil
    }

    private mutating func admit(_ request: MemoryRegistrationRequest) throws(VerbsErrno) {
        let admitted = try MemoryRegistrationRules.admit(request, supportsOnDemand: true, account: &account, limit: .unlimited)
        guard let pages = admitted else { return }
        let needed = request.access.needsWritableMemory ? PROT_READ | PROT_WRITE : PROT_READ
        if RegistrationArena.lacks(needed, pages.first.rawValue, pages.end.rawValue - 1) {
            account.uncharge(pages: pages.count)
            throw .badAddress
        }
        _ = ledger.add(pages)
        live.append(pages)
    }

    mutating func deregister(_ place: Int) {
        let pages = live.remove(at: place)
        _ = ledger.remove(pages)
        account.uncharge(pages: pages.count)
    }

    var holds: [Int] { (0..<UInt64(RegistrationArena.pageCount)).map { Int(ledger.count(at: PageNumber(rawValue: $0))) } }
    var count: Int { live.count }
    var charged: UInt64 { account.registeredPages }
}
