// Pattern.swift - bytes that tell where they come from.

import Glibc

/// Bytes that tell where they come from: each seed has its own, and each place in a page.
enum Pattern {
    static func byte(_ index: Int, _ seed: UInt8) -> UInt8 { UInt8(truncatingIfNeeded: index &* 7 &+ index >> 8) &+ seed }

    /// Made once for each seed, for every case compares with it.
    static func of(_ seed: UInt8, count: Int) -> [UInt8] {
        if let made = unsafe cache.value[seed], made.count == count { return made }
        let made = (0..<count).map { byte($0, seed) }
        unsafe cache.value[seed] = made
        return made
    }

    static func same(_ one: [UInt8], _ other: [UInt8]) -> Bool {
        one.count == other.count && (unsafe memcmp(one, other, one.count)) == 0
    }

    /// One thread runs the cases.
    private nonisolated(unsafe) static let cache = Cache()

    private final class Cache { var value: [UInt8: [UInt8]] = [:] }
}
