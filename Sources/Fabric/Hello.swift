// Hello.swift - what a process tells whoever connects to one of its names; its segment's descriptor goes with it.
//
// Owns: the form of the message, 32 bytes. Read from a socket: checked before use.

import Platform

/// The first and only message of a connection.
struct Hello: Equatable {
    var identity: ProcessIdentity

    static let byteCount = 32

    func encoded() -> [UInt8] {
        var bytes: [UInt8] = []
        for word in [SegmentLayout.magic, UInt64(UInt32(bitPattern: identity.pid)), identity.startTime, 0] {
            for shift in stride(from: 0, to: 64, by: 8) { bytes.append(UInt8(truncatingIfNeeded: word >> UInt64(shift))) }
        }
        return bytes
    }

    /// Nil when the bytes are not a hello of this layout.
    init?(_ bytes: [UInt8]) {
        guard bytes.count == Self.byteCount else { return nil }
        func word(_ index: Int) -> UInt64 {
            (0..<8).reduce(0) { $0 | UInt64(bytes[index * 8 + $1]) << UInt64($1 * 8) }
        }
        guard word(0) == SegmentLayout.magic else { return nil }
        identity = ProcessIdentity(pid: Int32(truncatingIfNeeded: word(1)), startTime: word(2))
    }

    init(identity: ProcessIdentity) { self.identity = identity }
}
