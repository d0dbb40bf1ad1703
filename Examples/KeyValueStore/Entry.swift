// Entry.swift - one place of the table, as it stands in memory: 128 bytes.
//
//     version (8) │ checksum (8) │ length of the key (1) │ length of the value (1) │ key, value (110)
//
// A reader's bytes may be half of one version and half of the next: the checksum, over all the rest, tells.

/// One place of the table.
struct Entry {
    static let byteCount = 128
    static let placeCount = 1024

    static func hasRoom(for key: String, _ value: String) -> Bool { key.utf8.count + value.utf8.count <= byteCount - 18 }

    let version: UInt64
    let key: String
    let value: String

    /// Where a key is looked for first; then one place after the other.
    static func place(of key: String) -> Int { Int(checksum(Array(key.utf8)) % UInt64(placeCount)) }

    init(version: UInt64, key: String, value: String) {
        self.version = version
        self.key = key
        self.value = value
    }

    /// Nil for bytes that are not one whole version.
    init?(_ bytes: [UInt8]) {
        guard Self.number(bytes, at: 8) == Self.checksum(bytes[..<8] + bytes[16...]) else { return nil }
        let keyEnd = 18 + Int(bytes[16]), valueEnd = keyEnd + Int(bytes[17])
        guard valueEnd <= bytes.count else { return nil }
        version = Self.number(bytes, at: 0)
        key = String(decoding: bytes[18..<keyEnd], as: UTF8.self)
        value = String(decoding: bytes[keyEnd..<valueEnd], as: UTF8.self)
    }

    var bytes: [UInt8] {
        let head = Self.bytes(of: version)
        var tail = [UInt8(key.utf8.count), UInt8(value.utf8.count)] + Array(key.utf8) + Array(value.utf8)
        tail += [UInt8](repeating: 0, count: Self.byteCount - 16 - tail.count)
        return head + Self.bytes(of: Self.checksum(head + tail)) + tail
    }

    /// FNV-1a. A place that was never written is all zeros, and must be whole too: so its sum begins at zero.
    private static func checksum(_ bytes: some Sequence<UInt8>) -> UInt64 {
        bytes.reduce(0) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    }

    private static func bytes(of number: UInt64) -> [UInt8] { (0..<8).map { UInt8(truncatingIfNeeded: number >> ($0 * 8)) } }

    private static func number(_ bytes: [UInt8], at offset: Int) -> UInt64 {
        (0..<8).reduce(0) { $0 | UInt64(bytes[offset + $1]) << ($1 * 8) }
    }
}
