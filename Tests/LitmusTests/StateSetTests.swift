// StateSetTests.swift - the set of states against a plain set, and the queue's order, on generated rows.
import Testing

@testable import Litmus

struct StateSetTests {
    /// A fixed sequence of numbers that look random.
    private struct Sequence {
        var state: UInt64

        mutating func next(below bound: UInt64) -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return (state >> 33) % bound
        }
    }

    /// Rows whose words come from few, many or all values, as parts of states do; many rows come twice.
    private func rows(words: Int, seed: UInt64, count: Int) -> [[UInt64]] {
        var sequence = Sequence(state: seed)
        let variety: [UInt64] = (0..<words).map { [1, 2, 7, 300, 100_000][($0 + Int(seed)) % 5] }
        return (0..<count).map { _ in
            (0..<words).map { word in
                let value = sequence.next(below: variety[word])
                return word % 3 == 2 ? ~value : value << UInt64(word * 7 % 40)
            }
        }
    }

    @Test(arguments: [1, 2, 3, 5, 6, 9, 14], [1, 2, 3] as [UInt64])
    func `the set says of each row what a plain set says`(words: Int, seed: UInt64) {
        var known: Set<[UInt64]> = []
        var set = StateSet(words: words)
        for row in rows(words: words, seed: seed, count: 6_000) { #expect(set.insert(row) == known.insert(row).inserted) }
        #expect(set.count == known.count)
    }

    @Test func `shards together hold each row once`() {
        var known: Set<[UInt64]> = []
        var successors = Successors(words: 4)
        for row in rows(words: 4, seed: 1, count: 6_000) {
            successors.append(row, from: 0, by: 0, among: 3)
            known.insert(row)
        }
        var fresh: [Int] = []
        for shard in 0..<3 {
            var set = StateSet(words: 4)
            set.insert(successors, shard: shard) { fresh.append($0) }
            #expect(set.count > known.count / 5)
        }
        #expect(fresh.count == known.count)
        #expect(Set(fresh.map { Array(successors.rows[($0 * 4)..<($0 * 4 + 4)]) }) == known)
    }

    @Test func `the queue gives rows back in order, in batches`() {
        let rows = rows(words: 3, seed: 2, count: 10_000)
        var queue = StateQueue(words: 3)
        var back: [UInt64] = []
        var batches = 0
        for (index, row) in rows.enumerated() {
            queue.append(row, 0)
            guard index % 6_000 == 5_999, let batch = queue.next() else { continue }
            #expect(batch.first * 3 == back.count)
            back += batch.rows
            batches += 1
        }
        while let batch = queue.next() {
            #expect(batch.first * 3 == back.count && batch.count <= StateQueue.batchSize)
            back += batch.rows
            batches += 1
        }
        #expect(back == rows.flatMap { $0 })
        #expect(batches >= 3)
    }
}
