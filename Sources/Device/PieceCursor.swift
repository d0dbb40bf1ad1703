// PieceCursor.swift - a place in a list of pieces, for copies that take more than one call.

import Platform

/// The rest of a list of pieces.
struct PieceCursor {
    private(set) var rest: [IOVector]

    init(_ pieces: [IOVector]) { rest = pieces.filter { $0.length > 0 } }

    var first: IOVector? { rest.first }

    /// Leaves out the first `byteCount` bytes.
    mutating func advance(_ byteCount: UInt64) {
        var left = byteCount
        while left > 0, let piece = rest.first {
            if piece.length <= left {
                left -= piece.length
                rest.removeFirst()
            } else {
                rest[0] = IOVector(base: piece.base + left, length: piece.length - left)
                left = 0
            }
        }
    }
}
