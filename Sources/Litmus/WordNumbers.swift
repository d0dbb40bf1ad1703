// WordNumbers.swift - gives each 64-bit word a number, the same one each time.
//
// Owns: an open-addressed table from words to numbers, which are given out in order from 0. Does not: give a word back.
// Unsafe inside, as `StateSet` is: a table that is asked several times a step must not be copied, counted or checked twice.

/// Numbers of words.
@safe
struct WordNumbers: ~Copyable {
    private struct Place: BitwiseCopyable {
        var word: UInt64
        /// The word's number plus 1; 0 for a place without a word.
        var number: UInt32
    }

    private var places: ZeroedTable<Place>
    private let memory: TableMemory
    private var capacity = 16
    /// Words in the table.
    private(set) var count = 0

    init(_ memory: TableMemory = .heap) {
        self.memory = memory
        places = ZeroedTable(capacity, memory)
    }

    /// Bytes that the table takes.
    var bytes: Int { capacity * MemoryLayout<Place>.stride }

    /// Makes room for so many words more, so that homes stay where they are while these come in.
    @inline(__always)
    mutating func makeRoom(for words: Int) {
        while (count &+ words) &* 5 > capacity &* 4 { grow() }
    }

    /// The first place that a word is looked for at.
    @inline(__always)
    func home(of word: UInt64) -> Int { Self.home(Self.hash(word), capacity) }

    /// Brings a home into the cache; what it holds is of no account.
    @inline(__always)
    func touch(_ home: Int) -> UInt32 { unsafe places.base[home].number }

    /// The word's number; a new one if it was never asked for. There must be room.
    @inline(__always)
    mutating func number(_ word: UInt64, home: Int) -> UInt32 {
        var place = home
        while true {
            let stored = unsafe places.base[place]
            if stored.word == word, stored.number != 0 { return stored.number &- 1 }
            if stored.number == 0 { return add(word, place) }
            place = place &+ 1 == capacity ? 0 : place &+ 1
        }
    }

    @inline(never)
    private mutating func add(_ word: UInt64, _ place: Int) -> UInt32 {
        precondition(count < Int(UInt32.max) - 1)
        count += 1
        unsafe places.base[place] = Place(word: word, number: UInt32(count))
        return UInt32(count) - 1
    }

    @inline(never)
    private mutating func grow() {
        let oldCapacity = capacity
        capacity += capacity / 2
        let old = exchange(&places, with: ZeroedTable(capacity, memory))
        for index in 0..<oldCapacity where unsafe old.base[index].number != 0 {
            var place = unsafe Self.home(Self.hash(old.base[index].word), capacity)
            while unsafe places.base[place].number != 0 { place = place &+ 1 == capacity ? 0 : place &+ 1 }
            unsafe places.base[place] = old.base[index]
        }
    }

    @inline(__always)
    private static func hash(_ word: UInt64) -> UInt64 {
        let mixed = (word ^ (word >> 32)) &* 0x9e37_79b9_7f4a_7c15
        return (mixed ^ (mixed >> 29)) &* 0xff51_afd7_ed55_8ccd
    }

    /// The first place that a hash is looked for at: its share of the table, so that the table can have any size.
    @inline(__always)
    static func home(_ hash: UInt64, _ capacity: Int) -> Int {
        Int(truncatingIfNeeded: hash.multipliedFullWidth(by: UInt64(capacity)).high)
    }
}
