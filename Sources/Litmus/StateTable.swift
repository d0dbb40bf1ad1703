// StateTable.swift - the set of states seen, each packed in a row of 32-bit words, in the order in which they were found.
//
// Owns: the rows, in pieces that never move, and an open-addressed index of row numbers over them. Being in order, the rows are the
// queue of a breadth-first search as well. The one file of this module with unsafe code: a table of hundreds of megabytes must not be
// copied, counted or checked twice per access. Every access is bounded by the checks at the door of each function.

/// The set of states seen.
@safe
struct StateTable: ~Copyable {
    private static var rowsPerPiece: Int { 1 << 12 }
    private let words: Int
    /// Bytes of a stored row: no more than its bits need.
    private let stride: Int
    /// The bits of the last word that are stored.
    private let lastMask: UInt32
    private let limit: Int
    private var pieces: UnsafeMutablePointer<UnsafeMutableRawPointer>
    private var pieceCount = 0
    private let pieceLimit: Int
    private var index: UnsafeMutablePointer<UInt32>
    private var indexCount: Int
    /// Rows in the table.
    private(set) var count = 0

    /// - Parameter bits: of a packed state; rows are handed over in as many 32-bit words as they need, at least one.
    /// - Parameter limit: rows that the table may hold, less than 2^32 - 1.
    init(bits: Int, limit: Int) {
        precondition(limit >= 1 && limit < Int(UInt32.max))
        words = max(1, (bits + 31) / 32)
        stride = max(1, (bits + 7) / 8)
        let lastBytes = stride - (words - 1) * 4
        lastMask = lastBytes == 4 ? .max : (UInt32(1) << UInt32(lastBytes * 8)) - 1
        self.limit = limit
        pieceLimit = limit / Self.rowsPerPiece + 1
        unsafe pieces = .allocate(capacity: pieceLimit)
        indexCount = 256
        unsafe index = .allocate(capacity: 256)
        unsafe index.initialize(repeating: 0, count: 256)
    }

    deinit {
        for piece in 0..<pieceCount { unsafe pieces[piece].deallocate() }
        unsafe pieces.deallocate()
        unsafe index.deallocate()
    }

    /// What an insertion found.
    enum Insertion: Equatable {
        case new(Int)
        case known(Int)
        /// The table holds `limit` rows and this is another.
        case full
    }

    /// Bytes that the table takes.
    var bytes: Int { pieceCount * pieceBytes + indexCount * 4 }

    /// A row may be read a word at a time past its end: the last one of a piece needs room for that.
    private var pieceBytes: Int { Self.rowsPerPiece * stride + 4 }

    private func row(_ number: Int) -> UnsafeMutableRawPointer {
        unsafe pieces[number / Self.rowsPerPiece] + (number % Self.rowsPerPiece) * stride
    }

    private func word(_ row: UnsafeMutableRawPointer, _ word: Int) -> UInt32 {
        let loaded = unsafe row.loadUnaligned(fromByteOffset: word &* 4, as: UInt32.self)
        return word &+ 1 == words ? loaded & lastMask : loaded
    }

    /// Inserts a row.
    mutating func insert(_ row: [UInt32]) -> Insertion {
        precondition(row.count == words)
        var place = home(of: Self.hash(row))
        while true {
            let number = unsafe index[place]
            if number == 0 { break }
            if isEqual(Int(number) - 1, row) { return .known(Int(number) - 1) }
            place = place &+ 1 == indexCount ? 0 : place &+ 1
        }
        guard count < limit else { return .full }
        append(row)
        unsafe index[place] = UInt32(count)
        if count &* 8 > indexCount &* 7 { grow() }
        return .new(count - 1)
    }

    private func isEqual(_ number: Int, _ row: [UInt32]) -> Bool {
        let stored = unsafe self.row(number)
        for place in 0..<words where unsafe word(stored, place) != row[place] { return false }
        return true
    }

    private mutating func append(_ row: [UInt32]) {
        if count == pieceCount * Self.rowsPerPiece {
            unsafe pieces[pieceCount] = .allocate(byteCount: pieceBytes, alignment: 16)
            pieceCount += 1
        }
        let stored = unsafe self.row(count)
        // Rows are written in order, so what a word writes past the row's end is overwritten by the next row.
        for place in 0..<words { unsafe stored.storeBytes(of: row[place], toByteOffset: place &* 4, as: UInt32.self) }
        count += 1
    }

    /// Copies row `number` out.
    func read(_ number: Int, into row: inout [UInt32]) {
        precondition(number < count && row.count == words)
        let stored = unsafe self.row(number)
        for place in 0..<words { row[place] = unsafe word(stored, place) }
    }

    /// The index grows by half, so that it is never much larger than its rows need.
    private mutating func grow() {
        let capacity = indexCount + indexCount / 2
        unsafe index.deallocate()
        unsafe index = .allocate(capacity: capacity)
        unsafe index.initialize(repeating: 0, count: capacity)
        indexCount = capacity
        for number in 0..<count {
            let stored = unsafe self.row(number)
            var hash = Self.seed
            for place in 0..<words { hash = unsafe Self.mix(hash, word(stored, place)) }
            var place = home(of: hash)
            while unsafe index[place] != 0 { place = place &+ 1 == indexCount ? 0 : place &+ 1 }
            unsafe index[place] = UInt32(number + 1)
        }
    }

    /// The first place that a hash is looked for at: its share of the index, so that the index can have any size.
    @inline(__always)
    private func home(of hash: UInt64) -> Int {
        Int(truncatingIfNeeded: hash.multipliedFullWidth(by: UInt64(indexCount)).high)
    }

    private static var seed: UInt64 { 0x9e37_79b9_7f4a_7c15 }

    private static func hash(_ row: [UInt32]) -> UInt64 {
        var hash = seed
        for word in row { hash = mix(hash, word) }
        return hash
    }

    @inline(__always)
    private static func mix(_ hash: UInt64, _ word: UInt32) -> UInt64 {
        let product = (hash ^ UInt64(word)) &* 0xff51_afd7_ed55_8ccd
        return product ^ (product >> 32)
    }
}
