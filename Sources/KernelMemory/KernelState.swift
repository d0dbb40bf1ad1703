// KernelState.swift - one state of the modelled kernel: a fixed row of small numbers.
//
// Owns: the cells. Does not: know what they mean (`Cell` names them, `Machine` gives them their rules).
// A value: copying a state is copying its cells, nothing is shared and nothing is counted. It notes which cells were changed, so that
// whoever explores need not compare or copy the others.
// Counts that the kernel keeps (references, mappings, pins) are not stored here but computed from who holds what, so that they
// cannot drift; what a careless kernel would get wrong is modelled as a holder without a reference.

/// One state of the modelled kernel.
public struct KernelState: Sendable {
    /// A limit that nothing reaches.
    public static var unlimited: Int { 255 }

    @usableFromInline
    var cells: InlineArray<992, UInt8>
    /// Places of the cells that were changed since the last `restore`, some perhaps twice; the last ones only, if they are more.
    @usableFromInline
    var log = InlineArray<64, UInt16>(repeating: 0)
    @usableFromInline
    var logged = 0

    public init() { cells = InlineArray(repeating: 0) }

    @inlinable
    public subscript(cell: Cell) -> Int {
        @inline(__always) get { Int(cells[cell.offset]) }
        @inline(__always) set {
            self[raw: cell.offset] = UInt8(newValue)
        }
    }

    /// The cell at a raw place, for tables that store states.
    @inlinable
    public subscript(raw offset: Int) -> UInt8 {
        @inline(__always) get { cells[offset] }
        @inline(__always) set {
            let changes = cells[offset] == newValue ? 0 : 1
            cells[offset] = newValue
            log[logged & 63] = UInt16(truncatingIfNeeded: offset)
            logged &+= changes
        }
    }

    /// Writes a cell without noting it as changed.
    @inlinable @inline(__always)
    public mutating func put(_ value: UInt8, at offset: Int) { cells[offset] = value }

    /// Number of cells.
    @inlinable
    public static var cellCount: Int { 992 }

    /// Cells lie in stretches of 2 to the power of this.
    @inlinable
    public static var stretchShift: Int { 4 }

    /// How many changes were noted since the last `restore`; nil if they are more than are known.
    @inlinable
    public var changeCount: Int? { logged <= 64 ? logged : nil }

    /// The place of the cell of one noted change.
    @inlinable @inline(__always)
    public func changedPlace(_ index: Int) -> Int { Int(log[index]) }

    /// Takes over `other`'s cells that were changed here, and forgets the changes.
    @inlinable
    public mutating func restore(from other: inout KernelState) {
        if logged > 64 { return restore(.max >> UInt64(64 - cells.count &>> KernelState.stretchShift), from: &other) }
        for index in 0..<logged {
            let place = Int(log[index])
            cells[place] = other.cells[place]
        }
        logged = 0
    }

    /// Takes over `other`'s cells in the stretches of `mask`, and forgets the changes.
    @inlinable
    public mutating func restore(_ mask: UInt64, from other: inout KernelState) {
        var rest = mask
        while rest != 0 {
            let first = rest.trailingZeroBitCount &<< KernelState.stretchShift
            rest &= rest &- 1
            for offset in first..<(first &+ 16) { cells[offset] = other.cells[offset] }
        }
        logged = 0
    }

    /// True if some cell under `mask` (255 or 0 each) differs from `other`'s.
    public func differs(from other: borrowing KernelState, under mask: borrowing KernelState) -> Bool {
        var difference: UInt8 = 0
        for offset in 0..<992 {
            difference |= (cells[offset] ^ other.cells[offset]) & mask.cells[offset]
        }
        return difference != 0
    }

    /// A step lacked a page frame.
    @inlinable
    public var isShortOfFrames: Bool { self[raw: KernelState.shortagePlace] != 0 }

    public static var shortagePlace: Int { Cell.global(.outOfFrames).offset }
}

// Cells are compared and hashed in copies: of a state that must stay as it is the compiler would copy all cells to read one.
extension KernelState: Hashable {
    public static func == (lhs: KernelState, rhs: KernelState) -> Bool {
        var (left, right) = (lhs.cells, rhs.cells)
        return areEqual(&left, &right)
    }

    private static func areEqual(_ left: inout InlineArray<992, UInt8>, _ right: inout InlineArray<992, UInt8>) -> Bool {
        var difference: UInt8 = 0
        for offset in 0..<992 { difference |= left[offset] ^ right[offset] }
        return difference == 0
    }

    public func hash(into hasher: inout Hasher) {
        var copy = cells
        Self.combine(&copy, into: &hasher)
    }

    private static func combine(_ cells: inout InlineArray<992, UInt8>, into hasher: inout Hasher) {
        for offset in 0..<992 { hasher.combine(cells[offset]) }
    }
}
