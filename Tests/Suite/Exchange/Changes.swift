// Changes.swift - how memory differs from its pattern: what travels between the processes instead of pages.

/// How memory differs from its pattern, from the first changed byte to the last.
struct Changes: Codable {
    let seed: UInt8
    let count: Int
    let start: Int
    let bytes: [UInt8]

    init(_ memory: Memory, seed: UInt8) {
        self.seed = seed
        count = memory.count
        let seen = memory.bytes, pattern = Pattern.of(seed, count: memory.count)
        if Pattern.same(seen, pattern) {
            start = 0
            bytes = []
        } else {
            start = seen.indices.first { seen[$0] != pattern[$0] } ?? 0
            let last = seen.indices.last { seen[$0] != pattern[$0] } ?? 0
            bytes = Array(seen[start...last])
        }
    }

    /// The memory as it is.
    var all: [UInt8] {
        var all = Pattern.of(seed, count: count)
        all.replaceSubrange(start..<start + bytes.count, with: bytes)
        return all
    }
}
