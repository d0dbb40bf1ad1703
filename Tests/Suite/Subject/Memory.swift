// Memory.swift - pages of this process.

import Glibc

/// Pages of this process, filled with a pattern of their own, so that each byte that changes shows.
@safe
final class Memory {
    let start: UnsafeMutableRawPointer
    let count: Int

    init(pages: Int) {
        count = pages * 4096
        unsafe start = mmap(nil, count, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        unsafe precondition(start != MAP_FAILED, "no memory")
    }

    deinit { unsafe munmap(start, count) }

    var address: UInt64 { unsafe UInt64(UInt(bitPattern: start)) }

    subscript(index: Int) -> UInt8 {
        get { unsafe start.load(fromByteOffset: index, as: UInt8.self) }
        set { unsafe start.storeBytes(of: newValue, toByteOffset: index, as: UInt8.self) }
    }

    func word(_ offset: Int) -> UInt64 { unsafe start.load(fromByteOffset: offset, as: UInt64.self) }
    func setWord(_ offset: Int, _ value: UInt64) { unsafe start.storeBytes(of: value, toByteOffset: offset, as: UInt64.self) }

    func fill(seed: UInt8) {
        let pattern = Pattern.of(seed, count: count)
        unsafe start.copyMemory(from: pattern, byteCount: count)
    }

    /// Every byte, for a comparison with what should be there.
    var bytes: [UInt8] { unsafe Array(UnsafeRawBufferPointer(start: start, count: count)) }
}
