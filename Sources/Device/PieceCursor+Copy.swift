// PieceCursor+Copy.swift - copies between a list of pieces and a buffer, surviving faults.
//
// Owns: nothing. Counterpart: copy_to_iter in the kernel.

import Platform

extension PieceCursor {
    /// Copies the next bytes of the list into a buffer; false at a byte that cannot be read, or when the list ends.
    mutating func copy(_ byteCount: Int, to buffer: UInt64) -> Bool {
        walk(byteCount) { GuardedCopy.copyAnywhere(to: buffer + $1, from: $0.base, byteCount: Int($0.length)) }
    }

    /// Copies a buffer into the next bytes of the list; false at a byte that cannot be written, or when the list ends.
    mutating func copy(_ byteCount: Int, from buffer: UInt64) -> Bool {
        walk(byteCount) { GuardedCopy.copyAnywhere(to: $0.base, from: buffer + $1, byteCount: Int($0.length)) }
    }

    private mutating func walk(_ byteCount: Int, _ move: (IOVector, UInt64) -> Bool) -> Bool {
        var done: UInt64 = 0
        while done < UInt64(byteCount) {
            guard let piece = first else { return false }
            let part = IOVector(base: piece.base, length: min(piece.length, UInt64(byteCount) - done))
            guard move(part, done) else { return false }
            advance(part.length)
            done += part.length
        }
        return true
    }
}
