// Notation.swift - how addresses are written.
//
// Counterpart: ibv_devinfo(1); RFC 5952 (IPv4-mapped addresses).
import Verbs

/// The usual spellings of identifiers.
enum Notation {
    /// Four groups of four hexadecimal digits.
    static func guid(_ guid: UInt64) -> String { groups(guid).joined(separator: ":") }

    /// Eight groups, or ::ffff:a.b.c.d.
    static func gid(_ gid: GlobalIdentifier) -> String {
        if gid.subnetPrefix == 0, gid.interfaceID >> 32 == 0xFFFF {
            let octets = [24, 16, 8, 0].map { String(gid.interfaceID >> UInt64($0) & 0xFF) }
            return "::ffff:" + octets.joined(separator: ".")
        }
        return (groups(gid.subnetPrefix) + groups(gid.interfaceID)).joined(separator: ":")
    }

    /// Raw value of ibv_mtu, 1 to 5, in bytes.
    static func bytes(ofMTU value: UInt8) -> Int { 128 << Int(min(value, 5)) }

    /// A queue pair number as tools print it.
    static func number(_ number: QueuePairNumber) -> String { "0x" + padded(UInt64(number.rawValue), 6) }

    /// A virtual address.
    static func address(_ address: UInt64) -> String { "0x" + String(address, radix: 16) }

    private static func groups(_ number: UInt64) -> [String] {
        [48, 32, 16, 0].map { padded(number >> UInt64($0) & 0xFFFF, 4) }
    }

    private static func padded(_ number: UInt64, _ width: Int) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
