// Hello.swift - what a process tells whoever connects to one of its names.
//
// Owns: the form of the message, 32 bytes, and the order of the descriptors that go with it: the segment, the process
// itself, and the bell that wakes its agent. Read from a socket: checked before use.

/// The first and only message of a connection.
struct Hello: Equatable {
    let holder: HolderIdentity
    /// The sender's own process number, which may mean nothing in the reader's PID namespace.
    let pid: Int32
    /// Where the sender has mapped its own segment: what a peer tries to read and write it by.
    let segmentAddress: UInt64

    static let byteCount = 32
    static let descriptorCount = 3

    init(holder: HolderIdentity, pid: Int32, segmentAddress: UInt64) {
        self.holder = holder
        self.pid = pid
        self.segmentAddress = segmentAddress
    }

    func encoded() -> [UInt8] {
        var bytes: [UInt8] = []
        for word in [SegmentLayout.magic, holder.rawValue, UInt64(UInt32(bitPattern: pid)), segmentAddress] {
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
        holder = HolderIdentity(rawValue: word(1))
        pid = Int32(truncatingIfNeeded: word(2))
        segmentAddress = word(3)
    }
}
