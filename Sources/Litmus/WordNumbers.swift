// WordNumbers.swift - gives each 64-bit word a number, the same one each time.
//
// Owns: an open-addressed table from words to numbers, which are given out in order from 0. Does not: give a word back.
// Unsafe inside, as `StateSet` is: a table that is asked several times a step must not be copied, counted or checked twice.

/// Numbers of words.
@safe
struct WordNumbers: ~Copyable {
    private struct Place {
        var word: UInt64
        /// The word's number plus 1; 0 for a place without a word.
        var number: UInt32
    }

    private var places: UnsafeMutablePointer<Place>
    private var capacity = 16
    /// Words in the table.
    private(set) var count = 0

    init() {
        unsafe places = .allocate(capacity: capacity)
        unsafe places.initialize(repeating: Place(word: 0, number: 0), count: capacity)
    }

    deinit { unsafe places.deallocate() }

    /// Bytes that the table takes.
    var bytes: Int { capacity * MemoryLayout<Place>.stride }

    /// The word's number; a new one if it was never asked for.
    @inline(__always)
    mutating func number(_ word: UInt64) -> UInt32 {
        var place = Self.home(Self.hash(word), capacity)
        while true {
            let stored = unsafe places[place]
            if stored.word == word, stored.number != 0 { return stored.number &- 1 }
            if stored.number == 0 { return add(word, place) }
            place = place &+ 1 == capacity ? 0 : place &+ 1
        }
    }

    @inline(never)
    private mutating func add(_ word: UInt64, _ place: Int) -> UInt32 {
        precondition(count < Int(UInt32.max) - 1)
        count += 1
        let number = UInt32(count)
        unsafe places[place] = Place(word: word, number: number)
        if count &* 5 > capacity &* 4 { grow() }
        return number - 1
    }

    private mutating func grow() {
        let (old, oldCapacity) = unsafe (places, capacity)
        capacity += capacity / 2
        unsafe places = .allocate(capacity: capacity)
        unsafe places.initialize(repeating: Place(word: 0, number: 0), count: capacity)
        for index in 0..<oldCapacity where unsafe old[index].number != 0 {
            var place = unsafe Self.home(Self.hash(old[index].word), capacity)
            while unsafe places[place].number != 0 { place = place &+ 1 == capacity ? 0 : place &+ 1 }
            unsafe places[place] = old[index]
        }
        unsafe old.deallocate()
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
