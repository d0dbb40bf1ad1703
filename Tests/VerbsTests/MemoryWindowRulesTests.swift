// MemoryWindowRulesTests.swift - every bind and invalidation of a small world, beside rules written the long way.

import Testing

@testable import Verbs

struct MemoryWindowRulesTests {
    private static let home = ProtectionDomainNumber(rawValue: 1)
    private static let away = ProtectionDomainNumber(rawValue: 2)
    private static let rights: [AccessFlags] = [
        [], .remoteRead, .remoteWrite, .remoteAtomic, .localWrite, .zeroBased, [.remoteRead, .zeroBased], .memoryWindowBind, .onDemand,
    ]

    /// Why a bind is refused, as the specification lists the reasons; empty if it is allowed.
    private static func reasons(
        _ window: MemoryWindowRules.Window, _ region: RegionDescriptor, _ binding: MemoryWindowBinding
    ) -> [String] {
        var reasons: [String] = []
        if window.protectionDomain != home { reasons.append("C10-72: window of another domain") }
        if binding.access.contains(.localWrite) || binding.access.contains(.memoryWindowBind) || binding.access.contains(.onDemand) {
            reasons.append("no right that a window gives")
        }
        if window.kind == .type2, window.isBound { reasons.append("o10-37.2.30: bound already") }
        if window.kind == .type2, binding.length == 0 { reasons.append("o10-37.2.40: nothing to bind") }
        if window.kind == .type1, binding.length == 0 { return reasons }
        if window.kind == .type1, binding.access.contains(.zeroBased) { reasons.append("o10-36.2.2: zero-based") }
        if region.key.rawValue == 0 { reasons.append("no region") }
        if region.protectionDomain != home { reasons.append("region of another domain") }
        if !region.access.contains(.memoryWindowBind) { reasons.append("C10-73: region without the right") }
        if region.access.contains(.zeroBased) { reasons.append("zero-based region") }
        if binding.access.contains(.remoteWrite) || binding.access.contains(.remoteAtomic), !region.access.contains(.localWrite) {
            reasons.append("C10-74: writes to what may not be written")
        }
        let bytes = Set(region.start..<(region.start + region.length))
        if !Set(binding.start..<(binding.start + binding.length)).isSubset(of: bytes) { reasons.append("C10-75: bounds") }
        return reasons
    }

    @Test func everyBindOfASmallWorld() {
        var (allowed, refused) = (0, 0)
        for kind in MemoryWindowKind.allCases {
            for isBound in [false, true] {
                for domain in [Self.home, Self.away] {
                    let window = MemoryWindowRules.Window(kind: kind, protectionDomain: domain, isBound: isBound)
                    for region in Self.regions {
                        for binding in Self.bindings {
                            let expected = Self.reasons(window, region, binding).isEmpty
                            let seen = MemoryWindowRules.allowsBind(window, to: region, binding, protectionDomain: Self.home)
                            #expect(seen == expected, "\(window) \(region) \(binding)")
                            if seen { allowed += 1 } else { refused += 1 }
                        }
                    }
                }
            }
        }
        #expect(allowed > 100 && refused > 1000)
    }

    private static var regions: [RegionDescriptor] {
        var regions = [RegionDescriptor.absent]
        for domain in [home, away] {
            for access in [AccessFlags.memoryWindowBind, [.memoryWindowBind, .localWrite], .localWrite, [.memoryWindowBind, .zeroBased]] {
                regions.append(
                    RegionDescriptor(start: 8, length: 8, protectionDomain: domain, access: access, key: MemoryKey(rawValue: 0x101)))
            }
        }
        return regions
    }

    private static var bindings: [MemoryWindowBinding] {
        rights.flatMap { access in
            [(8, 8), (8, 0), (7, 2), (9, 7), (9, 8), (16, 1)].map { start, length in
                MemoryWindowBinding(start: UInt64(start), length: UInt64(length), access: access)
            }
        }
    }

    @Test func boundsDoNotWrap() {
        let window = MemoryWindowRules.Window(kind: .type2, protectionDomain: Self.home, isBound: false)
        let region = RegionDescriptor(
            start: 4096, length: 4096, protectionDomain: Self.home, access: .memoryWindowBind, key: MemoryKey(rawValue: 0x101))
        for (start, length) in [(UInt64.max, UInt64.max), (4096, .max), (.max, 4096), (8191, .max - 8190)] {
            let binding = MemoryWindowBinding(start: start, length: length, access: .remoteRead)
            #expect(!MemoryWindowRules.allowsBind(window, to: region, binding, protectionDomain: Self.home))
        }
    }

    @Test func onlyTheQueuePairOfABoundWindowOfType2Invalidates() {
        for kind in MemoryWindowKind.allCases {
            for isBound in [false, true] {
                for number in [UInt32(7), 8] {
                    for domain in [Self.home, Self.away] {
                        let window = MemoryWindowRules.Window(
                            kind: kind, protectionDomain: domain, isBound: isBound, queuePair: QueuePairNumber(rawValue: number))
                        let expected = kind == .type2 && isBound && number == 7 && domain == Self.home
                        #expect(
                            MemoryWindowRules.allowsInvalidate(
                                window, queuePair: QueuePairNumber(rawValue: 7), protectionDomain: Self.home) == expected)
                    }
                }
            }
        }
    }

    @Test func aWindowsKeyIsNoLocalKey() {
        let window = RegionDescriptor(
            start: 0, length: 8, protectionDomain: Self.home, access: [.window, .remoteRead, .remoteWrite, .localWrite],
            key: MemoryKey(rawValue: 0x101))
        for use in RegionUse.allCases where use != .remoteAtomic {
            let verdict = AccessCheck.check(
                window, key: window.key, address: 0, length: 8, protectionDomain: Self.home, use: use)
            #expect((verdict == .granted) == !use.isLocal)
        }
    }
}
