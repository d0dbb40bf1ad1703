// Arena.swift - the memory that a fuzz target's program registers parts of.
//
// Owns: 16 pages to read and write, 4 to read only, 4 that may not be touched, and nothing mapped behind them.

import Glibc

/// Memory with edges of every kind.
@safe
public struct Arena: @unchecked Sendable {
    public static let pageBytes = 4096
    public static let writablePages = 16
    public static let byteCount = 24 * pageBytes
    public let base: UnsafeMutableRawPointer

    public init() {
        // One page more than is kept: what follows stays unmapped.
        let whole = unsafe mmap(nil, Self.byteCount + 8 * Self.pageBytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        guard let whole = unsafe whole, unsafe whole != MAP_FAILED else { fatalError("no memory for the arena") }
        unsafe base = unsafe whole + Self.pageBytes
        unsafe mprotect(base, Self.writablePages * Self.pageBytes, PROT_READ | PROT_WRITE)
        unsafe mprotect(base + Self.writablePages * Self.pageBytes, 4 * Self.pageBytes, PROT_READ)
        unsafe munmap(base + Self.byteCount, 7 * Self.pageBytes)
    }

    public var address: UInt64 { unsafe UInt64(UInt(bitPattern: base)) }

    /// An address in or near the arena, or anywhere.
    public func address(_ input: inout ByteSource) -> UInt64 {
        switch input.byte() & 7 {
        case 0: input.word()
        case 1: address &+ UInt64(Self.byteCount) &- UInt64(input.byte())
        case 2: address &- UInt64(input.byte())
        case 3: address &+ input.number(bytes: 3)
        default: address &+ input.number(bytes: 2)
        }
    }
}
