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
    private let limit: Int
    private var pieces: UnsafeMutablePointer<UnsafeMutablePointer<UInt32>>
    private var pieceCount = 0
    private let pieceLimit: Int
    private var index: UnsafeMutablePointer<UInt32>
    private var indexMask: Int
    /// Rows in the table.
    private(set) var count = 0

    /// - Parameter words: of a row, at least 1.
    /// - Parameter limit: rows that the table may hold, less than 2^32 - 1.
    init(words: Int, limit: Int) {
        precondition(words >= 1 && limit >= 1 && limit < Int(UInt32.max))
        self.words = words
        self.limit = limit
        pieceLimit = limit / Self.rowsPerPiece + 1
        unsafe pieces = .allocate(capacity: pieceLimit)
        indexMask = (1 << 8) - 1
        unsafe index = .allocate(capacity: 1 << 8)
        unsafe index.initialize(repeating: 0, count: 1 << 8)
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
    var bytes: Int { pieceCount * Self.rowsPerPiece * words * 4 + (indexMask + 1) * 4 }

    private func row(_ number: Int) -> UnsafeMutablePointer<UInt32> {
        unsafe pieces[number / Self.rowsPerPiece] + (number % Self.rowsPerPiece) * words
    }

    /// Inserts a row of `words` words.
    mutating func insert(_ row: [UInt32]) -> Insertion {
        precondition(row.count == words)
        var place = Self.hash(row) & indexMask
        while true {
            let number = unsafe index[place]
            if number == 0 { break }
            if isEqual(Int(number) - 1, row) { return .known(Int(number) - 1) }
            place = (place &+ 1) & indexMask
        }
        guard count < limit else { return .full }
        append(row)
        unsafe index[place] = UInt32(count)
        if count * 4 > (indexMask + 1) * 3 { grow() }
        return .new(count - 1)
    }

    private func isEqual(_ number: Int, _ row: [UInt32]) -> Bool {
        let stored = unsafe self.row(number)
        for word in 0..<words where unsafe stored[word] != row[word] { return false }
        return true
    }

    private mutating func append(_ row: [UInt32]) {
        if count == pieceCount * Self.rowsPerPiece {
            unsafe pieces[pieceCount] = .allocate(capacity: Self.rowsPerPiece * words)
            pieceCount += 1
        }
        let stored = unsafe self.row(count)
        for word in 0..<words { unsafe (stored + word).initialize(to: row[word]) }
        count += 1
    }

    /// Copies row `number` out.
    func read(_ number: Int, into row: inout [UInt32]) {
        precondition(number < count && row.count == words)
        let stored = unsafe self.row(number)
        for word in 0..<words { row[word] = unsafe stored[word] }
    }

    private mutating func grow() {
        let capacity = (indexMask + 1) * 2
        unsafe index.deallocate()
        unsafe index = .allocate(capacity: capacity)
        unsafe index.initialize(repeating: 0, count: capacity)
        indexMask = capacity - 1
        for number in 0..<count {
            var place = unsafe Self.hash(self.row(number), words) & indexMask
            while unsafe index[place] != 0 { place = (place &+ 1) & indexMask }
            unsafe index[place] = UInt32(number + 1)
        }
    }

    private static func hash(_ row: [UInt32]) -> Int {
        var hash: UInt64 = 0x9e37_79b9_7f4a_7c15
        for word in row { hash = mix(hash, word) }
        return Int(truncatingIfNeeded: (hash ^ (hash >> 29)) >> 1)
    }

    private static func hash(_ row: UnsafeMutablePointer<UInt32>, _ words: Int) -> Int {
        var hash: UInt64 = 0x9e37_79b9_7f4a_7c15
        for word in 0..<words { hash = unsafe mix(hash, row[word]) }
        return Int(truncatingIfNeeded: (hash ^ (hash >> 29)) >> 1)
    }

    @inline(__always)
    private static func mix(_ hash: UInt64, _ word: UInt32) -> UInt64 {
        let product = (hash ^ UInt64(word)) &* 0xff51_afd7_ed55_8ccd
        return product ^ (product >> 32)
    }
}
