// StateQueue.swift - states that were found and not yet expanded, in the order in which they were found.
//
// Owns: their rows, in batches of a fixed size that are taken out whole. What a batch holds does not depend on who expands it.

/// States that were found and not yet expanded.
struct StateQueue {
    /// States of a batch, the last one aside.
    static var batchSize: Int { 4096 }

    /// One batch.
    struct Batch: Sendable {
        fileprivate(set) var rows: [UInt64] = []
        fileprivate(set) var count = 0
        /// The number of its first state; states are numbered in the order in which they are found.
        fileprivate(set) var first = 0
    }

    /// Full batches; those before `taken` are gone.
    private var full: [Batch] = []
    private var taken = 0
    private var last = Batch()
    private var appended = 0
    private var waiting = 0
    private let words: Int
    /// Bytes of the rows that were in the queue at once, at most.
    private(set) var peakBytes = 0

    /// - Parameter words: of every row.
    init(words: Int) { self.words = words }

    /// Puts a state's row at the end: the one at `place` of `rows`.
    mutating func append(_ rows: [UInt64], _ place: Int) {
        for word in (place &* words)..<(place &* words &+ words) { last.rows.append(rows[word]) }
        last.count += 1
        appended += 1
        waiting += 1
        if last.count == Self.batchSize { closeLast() }
    }

    private mutating func closeLast() {
        full.append(last)
        last = Batch(first: appended)
    }

    /// Takes the first batch out; nil if there is none.
    mutating func next() -> Batch? {
        peakBytes = max(peakBytes, waiting * words * 8)
        if taken == full.count {
            if last.count == 0 { return nil }
            closeLast()
        }
        let batch = full[taken]
        full[taken] = Batch()
        taken += 1
        waiting -= batch.count
        if taken > 64, taken * 2 > full.count {
            full.removeFirst(taken)
            taken = 0
        }
        return batch
    }
}
