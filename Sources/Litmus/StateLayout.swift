// StateLayout.swift - how a state is packed into as few bits as its scenario needs.
//
// Owns: the place and width of every cell. A cell that never changes takes no bits; the others take what their greatest value needs.
// Widths are learned: a state that does not fit widens the layout, and the exploration starts again. So nothing is lost and nothing is
// guessed. A packed state is a row of 64-bit words (`RowFormat`); cells of one thing (a process with its actors, some page frames, a region) share words,
// so that few different words occur at each place of a row, which is what `StateSet` lives on.
import KernelMemory

/// How a state is packed.
struct StateLayout: Sendable {
    /// Things whose cells together take no more bits than this share a word.
    private static var smallBits: Int { 16 }

    /// The first state, which all others are told from.
    let origin: KernelState
    private var greatest: KernelState
    /// 255 for a cell that has never changed, 0 for the others.
    private var frozen: KernelState
    /// The changing cells' widths, summed up.
    private(set) var bits = 0
    private(set) var format = RowFormat()
    /// For each cell, the thing that it belongs to: lower ones are packed first.
    private let things: [Int]

    /// - Parameter program: tells which process each actor acts in.
    init(first: KernelState, program: Program) {
        origin = first
        greatest = first
        frozen = KernelState()
        for offset in 0..<KernelState.cellCount { frozen[raw: offset] = 255 }
        things = (0..<KernelState.cellCount).map { StateLayout.thing(at: $0, program) }
    }

    /// A number for the thing that a cell belongs to: processes with their actors first, then one by one whatever else there is.
    private static func thing(at offset: Int, _ program: Program) -> Int {
        let (kind, number) = Cell.subject(at: offset)
        switch kind {
        case .process: return number * 16
        case .actor:
            guard number < program.parts.count, program.parts[number].needsProcess else { return 64 + number }
            return program.parts[number].process.index * 16 + 1 + number
        default: return kind.rawValue * 64 + number
        }
    }

    /// Notes a state that must fit; `settle` gives the fields their widths.
    mutating func observe(_ state: borrowing KernelState) {
        for offset in 0..<KernelState.cellCount {
            frozen[raw: offset] = state[raw: offset] == origin[raw: offset] ? frozen[raw: offset] : 0
            greatest[raw: offset] = max(greatest[raw: offset], state[raw: offset])
        }
    }

    /// Widens the layout so that `state` fits.
    mutating func admit(_ state: KernelState) {
        observe(state)
        settle()
    }

    private func width(_ offset: Int) -> Int { max(1, 8 - greatest[raw: offset].leadingZeroBitCount) }

    /// Gives every changing cell the bits that its greatest value needs.
    mutating func settle() {
        let changing = (0..<KernelState.cellCount).filter { frozen[raw: $0] == 0 }.sorted { (things[$0], $0) < (things[$1], $1) }
        bits = changing.reduce(0) { $0 + width($1) }
        var fields: [RowFormat.Field] = []
        var (word, filled) = (0, 0)
        var start = changing.startIndex
        while start < changing.endIndex {
            // The cells of one process, with its actors, or of one other thing.
            let group = group(changing[start])
            let end = changing[start...].firstIndex { self.group($0) != group } ?? changing.endIndex
            let needed = changing[start..<end].reduce(0) { $0 + width($1) }
            if filled > 0, filled + needed > (group < 0 ? 64 : Self.smallBits) { (word, filled) = (word + 1, 0) }
            for offset in changing[start..<end] {
                if filled + width(offset) > 64 { (word, filled) = (word + 1, 0) }
                fields.append(RowFormat.Field(offset: offset, word: word, shift: filled, width: width(offset)))
                filled += width(offset)
            }
            start = end
        }
        format = RowFormat(fields)
    }

    /// Cells with the same group belong together; page frames and all below are packed as they come, up to whole words.
    private func group(_ offset: Int) -> Int { things[offset] < 128 ? things[offset] / 16 : -things[offset] }

    /// Packs into `row` (of the format's words); false if the state does not fit.
    func pack(_ state: KernelState, into row: inout [UInt64]) -> Bool {
        format.pack(state, into: &row) && !state.differs(from: origin, under: frozen)
    }
}
