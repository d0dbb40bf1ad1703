// SharedBytes.swift - looks for a word in memory.

import CFuzzer

/// Bytes that a peer could read.
enum SharedBytes {
    static func hold(_ word: UInt64, at address: UInt64, byteCount: Int) -> Bool {
        guard let start = UnsafeRawPointer(bitPattern: UInt(address)) else { return false }
        return fuzz_holds(start, byteCount, word) != 0
    }
}
