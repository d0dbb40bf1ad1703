// KernelState.swift - one state of the modelled kernel: a fixed row of small numbers.
//
// Owns: the cells. Does not: know what they mean (`Cell` names them, `Machine` gives them their rules).
// A value: copying a state is copying 672 bytes, nothing is shared and nothing is counted.
// Counts that the kernel keeps (references, mappings, pins) are not stored here but computed from who holds what, so that they
// cannot drift; what a careless kernel would get wrong is modelled as a holder without a reference.

/// One state of the modelled kernel.
public struct KernelState: Sendable {
    /// A limit that nothing reaches.
    public static var unlimited: Int { 255 }

    @usableFromInline
    var cells: InlineArray<672, UInt8>

    public init() { cells = InlineArray(repeating: 0) }

    @inlinable
    public subscript(cell: Cell) -> Int {
        @inline(__always) get { Int(cells[cell.offset]) }
        @inline(__always) set { cells[cell.offset] = UInt8(newValue) }
    }

    /// The cell at a raw place, for tables that store states.
    @inlinable
    public subscript(raw offset: Int) -> UInt8 {
        @inline(__always) get { cells[offset] }
        @inline(__always) set { cells[offset] = newValue }
    }

    /// Number of cells.
    @inlinable
    public static var cellCount: Int { 672 }

    /// True if some cell under `mask` (255 or 0 each) differs from `other`'s.
    public func differs(from other: borrowing KernelState, under mask: borrowing KernelState) -> Bool {
        var difference: UInt8 = 0
        for offset in 0..<672 {
            difference |= (cells[offset] ^ other.cells[offset]) & mask.cells[offset]
        }
        return difference != 0
    }

    /// Writes the places of the cells that differ from `other`'s into `places`, and returns how many they are; more than the list holds
    /// are counted but not written. Whole stretches of equal cells are passed over at once.
    public mutating func differences(from other: inout KernelState, into places: inout InlineArray<64, Int16>) -> Int {
        var count = 0
        for stretch in 0..<21 {
            var difference: UInt8 = 0
            for offset in 0..<32 { difference |= cells[stretch &* 32 &+ offset] ^ other.cells[stretch &* 32 &+ offset] }
            guard difference != 0 else { continue }
            for offset in (stretch &* 32)..<(stretch &* 32 &+ 32) where cells[offset] != other.cells[offset] {
                if count < 64 { places[count] = Int16(truncatingIfNeeded: offset) }
                count &+= 1
            }
        }
        return count
    }

    /// The raw place of the mark that a page frame was lacking.
    public static let shortagePlace = Cell.global(.outOfFrames).offset
}

extension KernelState: Equatable {
    public static func == (lhs: KernelState, rhs: KernelState) -> Bool {
        var difference: UInt8 = 0
        for offset in 0..<672 { difference |= lhs.cells[offset] ^ rhs.cells[offset] }
        return difference == 0
    }
}
