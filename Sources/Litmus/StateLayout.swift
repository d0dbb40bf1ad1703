// StateLayout.swift - how a state is packed into as few bits as its scenario needs.
//
// Owns: the width of every cell. A cell that never changes takes no bits; the others take what their greatest value needs. Widths are
// learned: a state that does not fit widens the layout, and the exploration starts again. So nothing is lost and nothing is guessed.
import KernelMemory

/// How a state is packed.
struct StateLayout: Sendable {
    private let first: KernelState
    private var greatest: KernelState
    /// 255 for a cell that has never changed, 0 for the others.
    private var frozen: KernelState
    /// Changing cells with their widths in bits, in the order in which they are packed.
    private var fields: [(offset: Int32, width: Int32)] = []
    private(set) var bits = 0
    /// For each cell, its first bit and its width; width 0 for a cell that never changes.
    private var positions: [(bit: Int32, width: Int32)] = []

    init(first: KernelState) {
        self.first = first
        greatest = first
        frozen = KernelState()
        for offset in 0..<KernelState.cellCount { frozen[raw: offset] = 255 }
    }

    /// 32-bit words a packed state takes; at least one.
    var words: Int { max(1, (bits + 31) / 32) }

    /// Notes a state that must fit; `settle` gives the fields their widths.
    mutating func observe(_ state: borrowing KernelState) {
        for offset in 0..<KernelState.cellCount {
            frozen[raw: offset] = state[raw: offset] == first[raw: offset] ? frozen[raw: offset] : 0
            greatest[raw: offset] = max(greatest[raw: offset], state[raw: offset])
        }
    }

    /// Widens the layout so that `state` fits.
    mutating func admit(_ state: KernelState) {
        observe(state)
        settle()
    }

    /// Gives every changing cell the bits that its greatest value needs.
    mutating func settle() {
        fields = []
        bits = 0
        positions = Array(repeating: (0, 0), count: KernelState.cellCount)
        for offset in 0..<KernelState.cellCount where frozen[raw: offset] == 0 {
            let width = 8 - greatest[raw: offset].leadingZeroBitCount
            fields.append((Int32(offset), Int32(max(1, width))))
            positions[offset] = (Int32(bits), Int32(max(1, width)))
            bits += max(1, width)
        }
    }

    /// Packs into `words` (as many as `self.words`); false if the state does not fit.
    func pack(_ state: KernelState, into words: inout [UInt32]) -> Bool {
        var accumulator: UInt64 = 0
        var filled: Int32 = 0
        var place = 0
        var overflow: UInt64 = 0
        for field in fields {
            let value = UInt64(state[raw: Int(field.offset)])
            overflow |= value >> UInt64(truncatingIfNeeded: field.width)
            accumulator |= value << UInt64(truncatingIfNeeded: filled)
            filled &+= field.width
            if filled >= 32 {
                words[place] = UInt32(truncatingIfNeeded: accumulator)
                place &+= 1
                accumulator >>= 32
                filled &-= 32
            }
        }
        if place < words.count { words[place] = UInt32(truncatingIfNeeded: accumulator) }
        return overflow == 0 && !state.differs(from: first, under: frozen)
    }

    /// Packs `next` into `words`, given the row of a state that it differs little from; false if it does not fit. Both states are only read: as
    /// inout they are certain not to be copied.
    func repack(_ next: inout KernelState, from state: inout KernelState, row: [UInt32], into words: inout [UInt32]) -> Bool {
        var places = InlineArray<64, Int16>(repeating: 0)
        let count = next.differences(from: &state, into: &places)
        guard count <= 64 else { return pack(next, into: &words) }
        for word in 0..<row.count { words[word] = row[word] }
        for index in 0..<count {
            let place = Int(places[index])
            let position = positions[place]
            let change = UInt64(next[raw: place] ^ state[raw: place])
            guard change >> UInt64(truncatingIfNeeded: position.width) == 0 else { return false }
            let shifted = change << UInt64(truncatingIfNeeded: position.bit & 31)
            let word = Int(position.bit >> 5)
            words[word] ^= UInt32(truncatingIfNeeded: shifted)
            let carried = UInt32(truncatingIfNeeded: shifted >> 32)
            if carried != 0 { words[word &+ 1] ^= carried }
        }
        return true
    }

    /// The state that was packed into `words`.
    func unpack(_ words: [UInt32], into state: inout KernelState) {
        state = first
        var accumulator: UInt64 = 0
        var available: Int32 = 0
        var place = 0
        for field in fields {
            if available < field.width {
                accumulator |= UInt64(words[place]) << UInt64(truncatingIfNeeded: available)
                place &+= 1
                available &+= 32
            }
            let mask = (UInt64(1) << UInt64(truncatingIfNeeded: field.width)) &- 1
            state[raw: Int(field.offset)] = UInt8(truncatingIfNeeded: accumulator & mask)
            accumulator >>= UInt64(truncatingIfNeeded: field.width)
            available &-= field.width
        }
    }
}
