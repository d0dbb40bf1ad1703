// ExplorationWorker.swift - one of those who explore: expands a part of each batch, and keeps one shard of the states seen.
//
// Owns: an expander, a shard. Locking: none. A worker's own fields are written by one thread at a time, and the phases of a batch
// follow each other: while parts are expanded nobody looks at another worker; while shards take rows in, all parts are only read.

/// One of those who explore.
final class ExplorationWorker: @unchecked Sendable {
    private(set) var expander: Expander
    private var seen: StateSet
    private let shard: Int
    /// The successors that were new to this shard, in order: the worker whose part they are of, times 2^32, plus their place there.
    private(set) var fresh: [UInt64] = []

    init(_ task: Expander.Task, _ layout: StateLayout, shard: Int, memory: TableMemory) {
        expander = Expander(task, layout)
        seen = StateSet(words: layout.format.words, memory: memory)
        self.shard = shard
    }

    var successors: Successors { expander.successors }

    /// Bytes of this worker's shard.
    var bytes: Int { seen.bytes }

    /// Bytes that it takes at most while another batch comes in.
    func peakBytes(adding rows: Int) -> Int { seen.peakBytes(adding: rows) }

    func insert(_ row: [UInt64]) { _ = seen.insert(row) }

    /// First phase: expands its part of the batch.
    func expand(_ batch: StateQueue.Batch, _ part: Range<Int>) { expander.expand(batch, part) }

    /// Second phase: takes in what belongs to its shard, part by part.
    func takeIn(_ parts: [Successors]) {
        // Not in place: a field of a class is asked about at each access.
        var found: [UInt64] = []
        swap(&found, &fresh)
        found.removeAll(keepingCapacity: true)
        for (index, part) in parts.enumerated() {
            seen.insert(part, shard: shard) { found.append(UInt64(index) << 32 | UInt64($0)) }
        }
        swap(&found, &fresh)
    }
}
