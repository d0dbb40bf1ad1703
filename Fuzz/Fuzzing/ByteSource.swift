// ByteSource.swift - an input of the fuzzer, read as a sequence of choices.

/// Hands out an input piece by piece; zeroes after its end.
@safe
public struct ByteSource {
    private let bytes: UnsafePointer<UInt8>?
    private let count: Int
    private var next = 0

    public init(_ bytes: UnsafePointer<UInt8>?, count: Int) {
        unsafe self.bytes = unsafe bytes
        self.count = count
    }

    public var isEmpty: Bool { next >= count }

    public mutating func byte() -> UInt8 {
        guard next < count, let bytes = unsafe bytes else { return 0 }
        defer { next += 1 }
        return unsafe bytes[next]
    }

    /// 0 ..< limit.
    public mutating func choice(_ limit: Int) -> Int { Int(byte()) % limit }

    /// As many bytes as asked for, little-endian.
    public mutating func number(bytes: Int) -> UInt64 {
        (0..<bytes).reduce(0) { $0 | UInt64(byte()) << UInt64($1 * 8) }
    }

    /// A number of any size: small ones, edges and plain noise.
    public mutating func word() -> UInt64 {
        switch byte() & 7 {
        case 0: UInt64(byte())
        case 1: number(bytes: 2)
        case 2: number(bytes: 4)
        case 3: number(bytes: 8)
        case 4: 1 << UInt64(byte() & 63)
        case 5: UInt64.max - UInt64(byte())
        case 6: UInt64(UInt32.max) - UInt64(byte())
        default: UInt64(UInt32.max) + 1 + UInt64(byte())
        }
    }
}
