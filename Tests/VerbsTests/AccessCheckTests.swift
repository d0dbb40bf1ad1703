// AccessCheckTests.swift - every access in small worlds against an oracle that looks at one byte at a time.

import Testing
import Verbs

/// Judges byte by byte, and knows nothing of ranges.
private func oracle(
    _ region: RegionDescriptor, key: MemoryKey, address: UInt64, length: UInt64,
    domain: ProtectionDomainNumber, use: RegionUse
) -> AccessVerdict {
    if length == 0 { return .granted }
    if key != region.key { return .noSuchKey }
    if domain != region.protectionDomain { return .wrongProtectionDomain }
    let right: UInt32? =
        switch use {
        case .localRead: nil
        case .localWrite: 0
        case .remoteWrite: 1
        case .remoteRead: 2
        case .remoteAtomic: 3
        }
    if let right, region.access.rawValue >> right & 1 == 0 { return .accessDenied }
    for offset in 0..<length {
        let (byte, wrapped) = address.addingReportingOverflow(offset)
        var found = false
        for inside in 0..<region.length where !wrapped && region.start &+ inside == byte { found = true }
        if !found { return .outOfBounds }
    }
    return .granted
}

/// Small worlds at both ends of the address space, where arithmetic wraps, and in the middle.
@Test(arguments: [0, 0x7fff_ffff_ffff_fffc, UInt64.max - 4])
func everyAccessInASmallWorldIsJudgedAsItsBytesAre(base: UInt64) {
    let live = MemoryKey(index: 3, generation: 9)
    let domain = ProtectionDomainNumber(rawValue: 1)
    var wrong = 0
    var granted = 0
    for start in 0...4 as ClosedRange<UInt64> {
        for size in 0...(5 - start) {
            for (address, length) in accesses(base) {
                for use in RegionUse.allCases {
                    for rights in 0..<16 as Range<UInt32> {
                        let region = RegionDescriptor(
                            start: base + start, length: size, protectionDomain: domain,
                            access: AccessFlags(rawValue: rights), key: live)
                        let verdict = AccessCheck.check(
                            region, key: live, address: address, length: length, protectionDomain: domain, use: use)
                        let expected = oracle(
                            region, key: live, address: address, length: length, domain: domain, use: use)
                        if verdict != expected { wrong += 1 }
                        if verdict == .granted && length > 0 { granted += 1 }
                    }
                }
            }
        }
    }
    #expect(wrong == 0)
    #expect(granted > 0)
}

private func accesses(_ base: UInt64) -> [(UInt64, UInt64)] {
    var list: [(UInt64, UInt64)] = []
    for offset in 0..<6 as Range<UInt64> {
        for length in 0..<7 as Range<UInt64> { list.append((base &+ offset, length)) }
    }
    return list + [(base &- 1, 2), (base &- 1, 1)]
}

@Test func hugeLengthsDoNotWrap() {
    let key = MemoryKey(index: 1, generation: 0)
    let domain = ProtectionDomainNumber(rawValue: 1)
    let region = RegionDescriptor(start: 16, length: 16, protectionDomain: domain, access: [], key: key)
    for address in [0, 15, 16, 17, 31, 32, UInt64.max - 1, .max] as [UInt64] {
        for length in [17, 1 << 63, UInt64.max - 15, .max] as [UInt64] {
            let verdict = AccessCheck.check(
                region, key: key, address: address, length: length, protectionDomain: domain, use: .localRead)
            #expect(verdict == .outOfBounds)
        }
    }
}

/// A descriptor that no registration makes, but that a hostile peer may write.
@Test func aRegionBeyondTheAddressSpaceGrantsNothingOutsideIt() {
    let key = MemoryKey(index: 1, generation: 0)
    let domain = ProtectionDomainNumber(rawValue: 1)
    for size in [.max, .max - 98] as [UInt64] {
        let region = RegionDescriptor(start: 100, length: size, protectionDomain: domain, access: [], key: key)
        func verdict(_ address: UInt64, _ length: UInt64) -> AccessVerdict {
            AccessCheck.check(
                region, key: key, address: address, length: length, protectionDomain: domain, use: .localRead)
        }
        #expect(verdict(50, 1) == .outOfBounds)
        #expect(verdict(0, 1) == .outOfBounds)
        #expect(verdict(.max, 2) == .outOfBounds)
        #expect(verdict(.max - 1, 3) == .outOfBounds)
        #expect(verdict(.max, 1) == .granted)
        #expect(verdict(100, 1) == .granted)
    }
}

@Test func keysAndDomainsMustMatch() {
    let domain = ProtectionDomainNumber(rawValue: 7)
    let region = RegionDescriptor(
        start: 0, length: 64, protectionDomain: domain, access: .localWrite, key: MemoryKey(index: 5, generation: 2))
    func verdict(_ key: MemoryKey, _ domain: ProtectionDomainNumber, length: UInt64 = 8) -> AccessVerdict {
        AccessCheck.check(
            region, key: key, address: 0, length: length, protectionDomain: domain, use: .localRead)
    }
    for index in 0..<8 as Range<UInt32> {
        for generation in 0..<4 as Range<UInt8> {
            for number in 0..<9 as Range<UInt32> {
                let key = MemoryKey(index: index, generation: generation)
                let other = ProtectionDomainNumber(rawValue: number)
                let expected = oracle(region, key: key, address: 0, length: 8, domain: other, use: .localRead)
                #expect(verdict(key, other) == expected)
                #expect(verdict(key, other, length: 0) == .granted)
            }
        }
    }
}

@Test func anEmptyPlaceInTheKeyTableMatchesNoKey() {
    for raw in [0, 1, 255, 256, .max] as [UInt32] {
        for use in RegionUse.allCases {
            let verdict = AccessCheck.check(
                .absent, key: MemoryKey(rawValue: raw), address: 0, length: 1, protectionDomain: .none, use: use)
            #expect(verdict == .noSuchKey)
        }
    }
}

@Test func queuePairAccessGovernsRemoteUseOnly() {
    for rights in 0..<16 as Range<UInt32> {
        let flags = AccessFlags(rawValue: rights)
        #expect(AccessCheck.isEnabled(.localRead, by: flags))
        #expect(AccessCheck.isEnabled(.localWrite, by: flags))
        #expect(AccessCheck.isEnabled(.remoteWrite, by: flags) == (rights & 2 != 0))
        #expect(AccessCheck.isEnabled(.remoteRead, by: flags) == (rights & 4 != 0))
        #expect(AccessCheck.isEnabled(.remoteAtomic, by: flags) == (rights & 8 != 0))
    }
}

@Test func everyRefusalIsALocalProtectionErrorOrARemoteAccessError() {
    for verdict in AccessVerdict.allCases where verdict != .granted {
        #expect(verdict.localStatus == .localProtectionError)
        #expect(verdict.responderFault == .remoteAccess)
    }
    #expect(AccessVerdict.granted.localStatus == .success)
    #expect(AccessVerdict.granted.responderFault == nil)
}
