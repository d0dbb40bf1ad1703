// RowFormat.swift - where each cell of a state is in a packed row.
//
// Owns: packing and unpacking. Does not: choose the places (`StateLayout`). A class, so that using it copies nothing.
import KernelMemory

/// Where each cell of a state is in a packed row.
final class RowFormat: Sendable {
    /// A changing cell.
    struct Field: Sendable {
        let offset: Int32
        let word: Int32
        let shift: UInt8
        let width: UInt8
        let mask: UInt8

        init(offset: Int, word: Int, shift: Int, width: Int) {
            self.offset = Int32(offset)
            self.word = Int32(word)
            self.shift = UInt8(shift)
            self.width = UInt8(width)
            mask = UInt8((1 << width) - 1)
        }
    }

    /// In the order of their words.
    private let fields: [Field]
    /// By cell; width 0 for a cell that never changes.
    private let positions: [Field]
    /// 64-bit words of a row; at least one.
    let words: Int
    /// Where each word's fields begin in `fields`, and the end of the last.
    private let starts: [Int]
    /// For each word, the stretches of cells that it tells of, one bit each.
    private let stretchesByWord: [UInt64]

    init(_ fields: [Field] = []) {
        self.fields = fields
        var positions = Array(repeating: Field(offset: 0, word: 0, shift: 0, width: 0), count: KernelState.cellCount)
        words = Int(fields.last?.word ?? 0) + 1
        var stretches = Array(repeating: UInt64(0), count: words)
        for field in fields {
            positions[Int(field.offset)] = field
            stretches[Int(field.word)] |= 1 << UInt64(Int(field.offset) >> KernelState.stretchShift)
        }
        self.positions = positions
        stretchesByWord = stretches
        starts = (0...words).map { word in fields.firstIndex { Int($0.word) >= word } ?? fields.count }
    }

    /// Packs the changing cells into `row` (of `words` words); false if one has no room.
    func pack(_ state: KernelState, into row: inout [UInt64]) -> Bool {
        for word in 0..<words { row[word] = 0 }
        var fits = true
        for field in fields {
            let value = state[raw: Int(field.offset)]
            if value > field.mask { fits = false }
            row[Int(field.word)] |= UInt64(value & field.mask) &<< UInt64(field.shift)
        }
        return fits
    }

    /// Packs `next` into `packed`, given the row of the state that its noted changes were made in; false if it does not fit.
    /// As inout `next` is certain not to be copied; it is only read.
    func repack(_ next: inout KernelState, row: [UInt64], into packed: inout [UInt64]) -> Bool {
        guard let changes = next.changeCount else { return false }
        for word in 0..<words { packed[word] = row[word] }
        for index in 0..<changes {
            let place = next.changedPlace(index)
            let field = positions[place]
            let value = next[raw: place]
            guard value & ~field.mask == 0, field.mask != 0 else { return false }
            let cleared = packed[Int(field.word)] & ~(UInt64(field.mask) &<< UInt64(field.shift))
            packed[Int(field.word)] = cleared | UInt64(value) &<< UInt64(field.shift)
        }
        return true
    }

    /// Turns the state that was packed into `row` into the one at `place` of `rows`, and `row` into its row.
    /// - Returns: the stretches of cells that may have changed.
    func unpack(_ rows: [UInt64], _ place: Int, over row: inout [UInt64], into state: inout KernelState) -> UInt64 {
        var changed: UInt64 = 0
        for word in 0..<words {
            let packed = rows[place &* words &+ word]
            guard packed != row[word] else { continue }
            row[word] = packed
            changed |= stretchesByWord[word]
            for index in starts[word]..<starts[word &+ 1] {
                let field = fields[index]
                state.put(UInt8(truncatingIfNeeded: packed &>> UInt64(field.shift)) & field.mask, at: Int(field.offset))
            }
        }
        return changed
    }
}
