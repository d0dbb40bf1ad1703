// TestMemory.swift - pages with a page behind them that cannot be touched.
import Glibc
import Platform

/// Two pages: the first as asked for, the second without any right; both filled before.
final class TestMemory {
    let address: UInt64
    let pageBytes = UInt64(Host.pageBytes)
    private let mapping: Mapping

    init(protection: Int32 = PROT_READ | PROT_WRITE, fill: (Int) -> UInt8 = { _ in 0 }) throws {
        mapping = try Mapping.privatePages(byteCount: 2 * Host.pageBytes)
        address = unsafe UInt64(UInt(bitPattern: mapping.base))
        for index in 0..<Host.pageBytes {
            unsafe mapping.base.storeBytes(of: fill(index), toByteOffset: index, as: UInt8.self)
        }
        _ = unsafe mprotect(mapping.base, Host.pageBytes, protection)
        _ = unsafe mprotect(mapping.base + Host.pageBytes, Host.pageBytes, PROT_NONE)
    }

    /// Start of the page that cannot be touched.
    var wall: UInt64 { address + pageBytes }

    func byte(_ offset: Int) -> UInt8 { unsafe mapping.base.load(fromByteOffset: offset, as: UInt8.self) }

    func fill(_ value: UInt8) {
        unsafe mapping.base.initializeMemory(as: UInt8.self, repeating: value, count: Host.pageBytes)
    }
}

/// A pattern whose period divides no power of two.
func pattern(_ index: Int) -> UInt8 { UInt8(truncatingIfNeeded: index &* 7 &+ index / 251 &+ 1) }

/// Calls `body` with the address of the first element.
func withAddress<Result>(of bytes: inout [UInt8], _ body: (UInt64) throws -> Result) rethrows -> Result {
    try unsafe bytes.withUnsafeMutableBytes { buffer in try body(UInt64(UInt(bitPattern: buffer.baseAddress))) }
}
