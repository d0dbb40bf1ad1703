// StateSet.swift - the set of states seen: membership only.
//
// Owns: rows of 64-bit words, each stored as the numbers of its words (`WordNumbers`, one table for each place in the row), side by side in
// as few 32-bit units as they need. Few different words occur at one place, so that a state costs eight or twelve bytes, whatever its size;
// nothing is lost, as equal words have equal numbers and different ones different numbers.
// Does not: give rows back (`StateQueue` holds those that are still to be expanded), know their order.
// Unsafe inside: hundreds of megabytes must not be copied, counted or checked twice per access. What comes in is checked at the door.

/// The set of states seen.
@safe
struct StateSet: ~Copyable {
    private let words: Int
    /// Rows that are looked up together.
    private static var blockSize: Int { 32 }
    /// For each place in a row, the numbers of the words there.
    private let tables: UnsafeMutablePointer<WordNumbers>
    /// Bits that the numbers of each place have, and their sum.
    private let widths: UnsafeMutablePointer<Int>
    private var bits: Int
    /// 32-bit units of a stored row.
    private var units: Int
    /// A block of rows: the numbers of their words, their keys, their homes in the table and their words' in
    /// the words' tables, their places in the list they came in.
    private let numbers: UnsafeMutablePointer<UInt32>
    private let keys: UnsafeMutablePointer<UInt32>
    private let homes: UnsafeMutablePointer<Int>
    private let wordHomes: UnsafeMutablePointer<Int>
    private let places: UnsafeMutablePointer<Int>
    /// The keys stored, in units; the first bit is 0 for a place without one.
    private var table: ZeroedTable<UInt32>
    private let memory: TableMemory
    private var capacity = 128
    /// Rows in the set.
    private(set) var count = 0

    /// - Parameter words: of every row, at least one.
    init(words: Int, memory: TableMemory = .heap) {
        precondition(words >= 1)
        self.words = words
        self.memory = memory
        unsafe tables = .allocate(capacity: words)
        unsafe widths = .allocate(capacity: words)
        for word in 0..<words {
            unsafe (tables + word).initialize(to: WordNumbers(memory))
            unsafe (widths + word).initialize(to: 1)
        }
        bits = words + 1
        units = (words + 32) / 32
        let room = Self.blockSize * (words + 1)
        unsafe numbers = .allocate(capacity: room)
        unsafe keys = .allocate(capacity: room)
        unsafe homes = .allocate(capacity: Self.blockSize + 1)
        unsafe wordHomes = .allocate(capacity: room)
        unsafe places = .allocate(capacity: Self.blockSize)
        unsafe numbers.initialize(repeating: 0, count: room)
        unsafe keys.initialize(repeating: 0, count: room)
        unsafe homes.initialize(repeating: 0, count: Self.blockSize + 1)
        unsafe wordHomes.initialize(repeating: 0, count: room)
        unsafe places.initialize(repeating: 0, count: Self.blockSize)
        table = ZeroedTable(capacity * units, memory)
    }

    deinit {
        unsafe tables.deinitialize(count: words)
        unsafe tables.deallocate()
        unsafe widths.deallocate()
        unsafe numbers.deallocate()
        unsafe keys.deallocate()
        unsafe homes.deallocate()
        unsafe wordHomes.deallocate()
        unsafe places.deallocate()
    }

    /// Bytes that the set takes.
    var bytes: Int {
        var bytes = capacity * units * 4
        for word in 0..<words { bytes += unsafe tables[word].bytes }
        return bytes
    }

    /// Bytes that it takes at most while it takes in so many rows more: a table that grows is there twice.
    func peakBytes(adding rows: Int) -> Int {
        (count + rows) * 4 > capacity * 3 ? bytes + capacity * 6 * (units + 1) : bytes
    }

    // MARK: Insertion

    /// Inserts the rows that belong to a shard, in order, and tells the places of those that are new.
    mutating func insert(_ successors: Successors, shard: Int, _ isNew: (Int) -> Void) {
        var place = 0
        while place < successors.count {
            let taken = gather(successors, shard: shard, from: &place)
            number(successors, taken)
            if (count + taken) * 4 > capacity * 3 { rebuild(capacity + capacity / 2) }
            makeKeys(taken)
            touchKeys(taken)
            for member in 0..<taken where unsafe insert(keys + member * units, homes[member]) { unsafe isNew(places[member]) }
        }
    }

    /// Inserts one row; true if it is new.
    mutating func insert(_ row: [UInt64]) -> Bool {
        var only = Successors(words: words)
        only.append(row, from: 0, by: 0, among: 1)
        var isNew = false
        insert(only, shard: 0) { _ in isNew = true }
        return isNew
    }

    /// Finds the next rows of a shard, up to a block of them, and where their words are looked for.
    private mutating func gather(_ successors: Successors, shard: Int, from place: inout Int) -> Int {
        for word in 0..<words { unsafe tables[word].makeRoom(for: Self.blockSize) }
        let rows = successors.rows.span
        var taken = 0
        while place < successors.count, taken < Self.blockSize {
            if successors.shards[place] == shard {
                for word in 0..<words {
                    unsafe wordHomes[taken &* words &+ word] = tables[word].home(of: rows[place &* words &+ word])
                }
                unsafe places[taken] = place
                taken += 1
            }
            place += 1
        }
        return taken
    }

    /// Numbers the words of a block's rows.
    private mutating func number(_ successors: Successors, _ taken: Int) {
        touchWords(taken)
        let rows = successors.rows.span
        var seen: UInt32 = 0
        for member in 0..<taken {
            let row = unsafe places[member] &* words
            for word in 0..<words {
                let place = member &* words &+ word
                let number = unsafe tables[word].number(rows[row &+ word], home: wordHomes[place])
                unsafe seen |= number >> UInt32(truncatingIfNeeded: widths[word])
                unsafe numbers[place] = number
            }
        }
        if seen != 0 { widen() }
    }

    // Memory is waited for once, not once a row: loops that do nothing but touch it have many requests under way.

    private func touchWords(_ taken: Int) {
        var touched: UInt32 = 0
        for word in 0..<words {
            var place = word
            for _ in 0..<taken {
                unsafe touched |= tables[word].touch(wordHomes[place])
                place &+= words
            }
        }
        unsafe homes[Self.blockSize] = Int(touched)
    }

    /// Makes the block's keys, and finds their homes in the table.
    private func makeKeys(_ taken: Int) {
        for member in 0..<taken {
            unsafe pack(numbers + member &* words, into: keys + member &* units)
            unsafe homes[member] = home(of: numbers + member &* words)
        }
    }

    private func touchKeys(_ taken: Int) {
        var touched: UInt32 = 0
        for member in 0..<taken { unsafe touched |= table.base[homes[member] &* units] }
        unsafe homes[Self.blockSize] = Int(touched)
    }

    /// Puts the numbers of a row's words side by side. The first bit says that there is a row.
    @inline(__always)
    private func pack(_ numbers: UnsafeMutablePointer<UInt32>, into key: UnsafeMutablePointer<UInt32>) {
        var accumulator: UInt64 = 1
        var filled = 1
        var unit = 0
        for word in 0..<words {
            accumulator |= unsafe UInt64(numbers[word]) &<< UInt64(truncatingIfNeeded: filled)
            unsafe filled &+= widths[word]
            guard filled >= 32 else { continue }
            unsafe key[unit] = UInt32(truncatingIfNeeded: accumulator)
            unit &+= 1
            accumulator >>= 32
            filled &-= 32
        }
        if unit < units { unsafe key[unit] = UInt32(truncatingIfNeeded: accumulator) }
    }

    @inline(__always)
    private mutating func insert(_ key: UnsafeMutablePointer<UInt32>, _ home: Int) -> Bool {
        var stored = unsafe table.base + home &* units
        let end = unsafe table.base + capacity &* units
        while unsafe !isFree(stored) {
            if unsafe isEqual(stored, key) { return false }
            unsafe stored += units
            if unsafe stored == end { unsafe stored = table.base }
        }
        for unit in 0..<units { unsafe stored[unit] = key[unit] }
        count &+= 1
        return true
    }

    @inline(__always)
    private func isFree(_ stored: UnsafeMutablePointer<UInt32>) -> Bool { unsafe stored[0] & 1 == 0 }

    @inline(__always)
    private func isEqual(_ left: UnsafeMutablePointer<UInt32>, _ right: UnsafeMutablePointer<UInt32>) -> Bool {
        if unsafe left[0] != right[0] { return false }
        var unit = 1
        while unit < units {
            if unsafe left[unit] != right[unit] { return false }
            unit &+= 1
        }
        return true
    }

    // MARK: Growth

    /// Some word's number needs more bits than its place has.
    @inline(never)
    private mutating func widen() {
        let old = (0..<words).map { unsafe widths[$0] }
        allotBits()
        rebuild(capacity, from: old)
    }

    /// Gives each place the bits that its numbers need, and what is left over in the last unit to those that are fullest.
    private func allotBits() {
        let counts = (0..<words).map { unsafe tables[$0].count }
        var needed = counts.map { max(1, Int.bitWidth - ($0 - 1).leadingZeroBitCount) }
        var spare = 31 - needed.reduce(0, +) % 32
        let fullest = counts.indices.filter { counts[$0] > 1 }.sorted { counts[$0] << (32 - needed[$0]) > counts[$1] << (32 - needed[$1]) }
        while spare > 0, !fullest.isEmpty {
            for word in fullest where spare > 0 && needed[word] < 32 {
                needed[word] += 1
                spare -= 1
            }
            if fullest.allSatisfy({ needed[$0] >= 32 }) { break }
        }
        for word in 0..<words { unsafe widths[word] = needed[word] }
    }

    /// Puts all rows into a new table, of which each place has the present widths. Homes follow the numbers, whatever their widths: the rows
    /// keep nearly the order that they had, so that both tables are walked from end to end.
    private mutating func rebuild(_ newCapacity: Int, from oldWidths: [Int]? = nil) {
        let (oldCapacity, oldUnits) = (capacity, units)
        let oldWidths = oldWidths ?? (0..<words).map { unsafe widths[$0] }
        bits = 1
        for word in 0..<words { unsafe bits += widths[word] }
        capacity = newCapacity
        units = (bits + 31) / 32
        let old = exchange(&table, with: ZeroedTable(capacity * units, memory))
        let row = UnsafeMutablePointer<UInt32>.allocate(capacity: words)
        defer { unsafe row.deallocate() }
        for place in 0..<oldCapacity where unsafe isFree(old.base + place * oldUnits) == false {
            unsafe unpack(old.base + place * oldUnits, oldWidths, oldUnits, into: row)
            var place = unsafe home(of: row)
            while unsafe !isFree(table.base + place &* units) { place = place &+ 1 == capacity ? 0 : place &+ 1 }
            unsafe pack(row, into: table.base + place &* units)
        }
    }

    /// The numbers in a stored key.
    private func unpack(
        _ stored: UnsafeMutablePointer<UInt32>, _ widths: [Int], _ units: Int, into numbers: UnsafeMutablePointer<UInt32>
    ) {
        var bit = 1
        for word in 0..<words {
            let unit = bit >> 5
            let next = unsafe unit + 1 < units ? UInt64(stored[unit + 1]) << 32 : 0
            let both = unsafe next | UInt64(stored[unit])
            unsafe numbers[word] = UInt32(truncatingIfNeeded: (both >> UInt64(bit & 31)) & ((1 << UInt64(widths[word])) - 1))
            bit += widths[word]
        }
    }

    @inline(__always)
    private func home(of numbers: UnsafeMutablePointer<UInt32>) -> Int {
        var sum: UInt64 = 0
        var factor: UInt64 = 0x9e37_79b9_7f4a_7c15
        for word in 0..<words {
            unsafe sum &+= UInt64(numbers[word]) &* factor
            factor = factor &* 0xff51_afd7_ed55_8ccd
        }
        return WordNumbers.home((sum ^ (sum >> 31)) &* 0xff51_afd7_ed55_8ccd, capacity)
    }
}
