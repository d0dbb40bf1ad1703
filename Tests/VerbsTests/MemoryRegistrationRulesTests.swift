// MemoryRegistrationRulesTests.swift - every combination of mistakes gives the error of the first check it fails.

import Testing
import Verbs

private let page: UInt64 = 4096

private func result<Value>(_ body: () throws(VerbsErrno) -> Value) -> Result<Value, VerbsErrno> {
    do throws(VerbsErrno) { return .success(try body()) } catch { return .failure(error) }
}

/// Pages touched, by the definition and in 128 bits; an empty range is widened to its own rounding.
private func pageCount(_ address: UInt64, _ length: UInt64) -> UInt128 {
    let end = UInt128(address) + UInt128(length)
    return (end + UInt128(page) - 1) / UInt128(page) - UInt128(address) / UInt128(page)
}

private struct World {
    var address: UInt64
    var length: UInt64
    var offset: UInt64
    var access: UInt32
    var domain: Bool
    var onDemand: Bool
    var limit: MemlockLimit

    /// The first failure in the kernel's order.
    var expected: VerbsErrno? {
        let (address, length, access) = (UInt128(address), UInt128(length), access)
        let range = UInt128(1) << 64
        let checks: [(Bool, VerbsErrno)] = [
            (offset % page != 0, .invalidArgument),
            (access & 0b1010 != 0 && access & 1 == 0, .invalidArgument),
            (access & ~0x7ff0_03ff != 0, .invalidArgument),
            (access & 0x4000_0000 != 0 && access & 0b1_1011 != 0, .invalidArgument),
            (access & 0x40 != 0 && !onDemand, .notSupported),
            (access & 0x300 != 0, .notSupported),
            (!domain, .invalidArgument),
        ]
        let pages = pageCount(self.address, self.length)
        let pinned: [(Bool, VerbsErrno)] = [
            (address + length >= range, .invalidArgument),
            ((address + length + UInt128(page) - 1) / UInt128(page) * UInt128(page) >= range, .invalidArgument),
            (limit.bytes == 0 && !limit.isPrivileged, .notPermitted),
            (pages == 0 || pages > UInt128(UInt32.max), .invalidArgument),
            (pages > UInt128(limit.bytes / page) && !limit.isPrivileged, .noMemory),
        ]
        let onDemandChecks: [(Bool, VerbsErrno)] = [
            (address + length >= range, .overflow),
            ((address + length + UInt128(page) - 1) / UInt128(page) * UInt128(page) >= range, .overflow),
            (pages == 0, .invalidArgument),
        ]
        let implicitChecks: [(Bool, VerbsErrno)] = [(offset != 0, .invalidArgument)]
        let isImplicit = self.address == 0 && self.length == .max
        let isOnDemand = access & 0x40 != 0
        return (checks + (isOnDemand ? isImplicit ? implicitChecks : onDemandChecks : pinned)).first { $0.0 }?.1
    }
}

private let addresses: [UInt64] = [
    0, 1, page - 1, page, 5 * page + 7, 1 << 47, 0 &- page, 0 &- page - 1, 0 &- 2 * page, .max,
]
private let lengths: [UInt64] = [
    0, 1, page - 1, page, page + 1, 3 * page, 1 << 44, (1 << 44) - page, 1 << 45, .max - page, .max,
]
private let rights: [UInt32] = [
    0, 1, 2, 3, 4, 7, 8, 9, 0xf, 0x1f, 0x20, 0x40, 0x41, 0x42, 0x80, 0x100, 0x200, 0x302, 0x400, 0x8000_0000, 0x10_0000,
    0x2000_0001, 0x4000_0004, 0x4000_0000, 0x3ff0_000f, 0x440, 0x8000_0002,
]
private let limits: [MemlockLimit] = [
    MemlockLimit(bytes: 0), MemlockLimit(bytes: 1), MemlockLimit(bytes: page), MemlockLimit(bytes: 3 * page),
    MemlockLimit(bytes: .max), MemlockLimit(bytes: 0, isPrivileged: true),
]

@Test func theFirstFailingCheckGivesTheError() {
    var wrong = 0
    var admitted = 0
    var seen: Set<Int32> = []
    for address in addresses { for length in lengths { for offset in [0, page, 16] as [UInt64] { for access in rights {
        for domain in [true, false] { for onDemand in [true, false] { for limit in limits {
            let world = World(
                address: address, length: length, offset: offset, access: access, domain: domain, onDemand: onDemand,
                limit: limit)
            var account = MemlockAccount()
            let got = admit(world, &account)
            switch (got, world.expected) {
            case (.success(let pages), nil):
                admitted += 1
                let count = access & 0x40 != 0 ? nil : UInt64(pageCount(address, length))
                if pages?.count != count || account.pinnedPages != count ?? 0 { wrong += 1 }
            case (.failure(let error), let expected?) where error == expected:
                seen.insert(error.rawValue)
                if account.pinnedPages != 0 { wrong += 1 }
            default: wrong += 1
            }
        } } }
    } } } }
    #expect(wrong == 0)
    #expect(admitted > 0)
    #expect(seen == [1, 12, 22, 75, 95])
}

private func admit(_ world: World, _ account: inout MemlockAccount) -> Result<PageRange?, VerbsErrno> {
    let request = MemoryRegistrationRequest(
        address: world.address, length: world.length, deviceAddress: world.address &+ world.offset,
        access: AccessFlags(rawValue: world.access))
    do throws(VerbsErrno) {
        return .success(
            try MemoryRegistrationRules.admit(
                request, isProtectionDomainValid: world.domain, supportsOnDemand: world.onDemand, account: &account,
                limit: world.limit))
    } catch { return .failure(error) }
}

/// Registering the same pages twice is charged twice: a limit of sixteen pages takes ten of them once.
@Test func overlapIsChargedAgain() {
    var account = MemlockAccount()
    let limit = MemlockLimit(bytes: 16 * page)
    let request = MemoryRegistrationRequest(address: page, length: 10 * page, access: .localWrite)
    let first = result { () throws(VerbsErrno) in
        try MemoryRegistrationRules.admit(request, supportsOnDemand: false, account: &account, limit: limit)
    }
    #expect(first == .success(PageRange(first: PageNumber(rawValue: 1), count: 10)))
    let second = result { () throws(VerbsErrno) in
        try MemoryRegistrationRules.admit(request, supportsOnDemand: false, account: &account, limit: limit)
    }
    #expect(second == .failure(.noMemory))
    account.uncharge(pages: 10)
    #expect(account == MemlockAccount())
}

/// Over the definition, in 128 bits.
@Test func memoryOfADescriptorIsRegisteredWhereItsRangeEndsAndItsRightsAreKnown() {
    var wrong: [String] = []
    var admitted = 0
    let ends: [UInt64] = [.max, .max - page, UInt64(Int64.max), UInt64(Int64.max) - page]
    for offset in addresses + ends { for length in lengths + ends { for shift in [0, page, 16] as [UInt64] { for access in rights {
        let error = result { () throws(VerbsErrno) in
            try MemoryRegistrationRules.checkDescriptorMemory(
                offset: offset, length: length, deviceAddress: offset &+ shift, access: AccessFlags(rawValue: access))
        }
        let isAllowed = access & ~0x3ff0_000f == 0 && (access & 0b1010 == 0 || access & 1 != 0) && shift % page == 0
            && length > 0 && UInt128(offset) + UInt128(length) <= UInt128(Int64.max)
        admitted += isAllowed ? 1 : 0
        switch (error, isAllowed) {
        case (.success, true), (.failure(.invalidArgument), false): break
        default: wrong.append("\(offset)+\(length) by \(shift), rights \(access): \(error)")
        }
    } } } }
    #expect(wrong.isEmpty, "\(wrong.prefix(5))")
    #expect(admitted > 0)
}

@Test func writableMemoryIsNeededForEveryRightToChangeIt() {
    for raw in 0..<512 as Range<UInt32> {
        let flags = AccessFlags(rawValue: raw)
        #expect(flags.needsWritableMemory == (raw & 0b1_1011 != 0))
    }
}

// MARK: Reregistration

private struct Change {
    var flags: UInt32
    var access: UInt32
    var heldWritable: Bool
    var deviceMemory: Bool
    var domain: Bool
    var length: UInt64
    var offset: UInt64

    /// The first failure in the kernel's order, with a limit of four pages of which three are charged.
    var expected: VerbsErrno? {
        let translates = flags & 1 != 0
        let newAccess = flags & 4 != 0 ? access : 0b100
        let pages = UInt64(pageCount(page, length))
        let checks: [(Bool, VerbsErrno)] = [
            (flags == 0, .invalidArgument),
            (flags & ~7 != 0, .notSupported),
            (translates && offset != 0, .invalidArgument),
            (deviceMemory, .invalidArgument),
            (flags & 4 != 0 && access & 0b1010 != 0 && access & 1 == 0, .invalidArgument),
            (flags & 4 != 0 && access & ~0x7ff0_03ff != 0, .invalidArgument),
            (flags & 4 != 0 && access & 0x4000_0000 != 0 && access & 0b1_1011 != 0, .invalidArgument),
            (flags & 4 != 0 && access & 0x340 != 0, .notSupported),
            (flags & 2 != 0 && !domain, .invalidArgument),
            (!translates && newAccess & 0b1_1011 != 0 && !heldWritable, .accessDenied),
            (translates && pages == 0, .invalidArgument),
            (translates && pages > 1, .noMemory),
        ]
        return checks.first { $0.0 }?.1
    }
}

@Test func reregistrationFailsInTheKernelsOrder() {
    var wrong: [String] = []
    var seen: Set<Int32> = []
    for flags in 0..<10 as Range<UInt32> { for access in rights { for length in [0, 1, page, page + 1] as [UInt64] {
        for bits in 0..<16 {
            let change = Change(
                flags: flags, access: access, heldWritable: bits & 1 != 0, deviceMemory: bits & 2 != 0,
                domain: bits & 4 != 0, length: length, offset: bits & 8 != 0 ? 8 : 0)
            var account = MemlockAccount()
            let limit = MemlockLimit(bytes: 4 * page)
            #expect(throws: Never.self) { try account.charge(pages: 3, limit: limit) }
            let error = reregister(change, &account, limit)
            if error != change.expected { wrong.append("\(change): \(error?.rawValue ?? 0)") }
            let added: UInt64 = error == nil && flags & 1 != 0 ? 1 : 0
            if account.pinnedPages != 3 + added { wrong.append("\(change): \(account.pinnedPages) pages") }
            seen.insert(error?.rawValue ?? 0)
        }
    } } }
    #expect(wrong.prefix(5) == [])
    #expect(seen == [0, 12, 13, 22, 95])
}

private func reregister(_ change: Change, _ account: inout MemlockAccount, _ limit: MemlockLimit) -> VerbsErrno? {
    let request = MemoryRegistrationRequest(
        address: page, length: change.length, deviceAddress: page + change.offset,
        access: AccessFlags(rawValue: change.access))
    let existing = MemoryReregistrationRules.Existing(
        access: .remoteRead, isHeldWritable: change.heldWritable, isDeviceMemory: change.deviceMemory)
    do throws(VerbsErrno) {
        _ = try MemoryReregistrationRules.admit(
            MemoryReregistrationFlags(rawValue: change.flags), request, of: existing,
            isProtectionDomainValid: change.domain, supportsOnDemand: false, account: &account, limit: limit)
        return nil
    } catch { return error }
}
