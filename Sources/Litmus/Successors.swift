// Successors.swift - what the expansion of a part of a batch leads to: rows, and where each came from.
//
// Owns: one flat list. It is filled by one worker and then read by all of them.

/// Successors of a part of a batch, in order.
struct Successors: Sendable {
    private let words: Int
    private(set) var rows: [UInt64] = []
    /// The state within its batch, times 8, plus the actor.
    private(set) var origins: [UInt32] = []
    /// The shard of the set of states that each belongs to.
    private(set) var shards: [UInt8] = []
    var count: Int { origins.count }

    /// - Parameter words: of every row.
    init(words: Int) { self.words = words }

    mutating func removeAll() {
        rows.removeAll(keepingCapacity: true)
        origins.removeAll(keepingCapacity: true)
        shards.removeAll(keepingCapacity: true)
    }

    /// Adds a row.
    mutating func append(_ row: [UInt64], from state: Int, by actor: Int, among shardCount: Int) {
        for word in 0..<words { rows.append(row[word]) }
        origins.append(UInt32(state) << 3 | UInt32(actor))
        shards.append(shardCount == 1 ? 0 : Self.shard(of: row, among: shardCount))
    }

    /// The shard of a row: its content decides, nothing else.
    static func shard(of row: [UInt64], among shards: Int) -> UInt8 {
        var hash: UInt64 = 0
        for word in row { hash = (hash ^ word) &* 0x9e37_79b9_7f4a_7c15 }
        return UInt8(truncatingIfNeeded: (hash ^ (hash >> 31)).multipliedFullWidth(by: UInt64(shards)).high)
    }
}
