// Client.swift - reads the table by itself, and asks the server to put.

import RDMA

/// A client's side.
struct Client: ~Copyable {
    private let queue: CompletionQueue
    private let queuePair: QueuePair
    /// One entry that was read; behind it the server's answers.
    private let memory: MemoryRegion
    private let table: RemoteMemory

    private static let entry = 0..<Entry.byteCount
    private static let answer = 128..<384

    /// Knocks at the server's doorway with a datagram, and connects to the queue pair that it answers with.
    init(server: Endpoint) throws {
        let device = try Device()
        let domain = try device.makeProtectionDomain()
        let queue = try device.makeCompletionQueue()
        let memory = try domain.makeMemoryRegion(byteCount: 384)
        let queuePair = try domain.makeQueuePair(completions: queue)
        let doorway = try domain.makeQueuePair(.unreliableDatagram, completions: queue)
        try doorway.activate()

        try doorway.postReceive(into: memory, Self.answer)
        let greeting = "\(queuePair.endpoint) \(doorway.endpoint)"
        try doorway.postSend(inline: greeting.utf8.span, to: domain.makeAddressHandle(to: server), options: [])
        let arrived = try queue.spin().requireSuccess()
        let answer = memory.text(Self.answer.lowerBound + QueuePair.routeHeaderBytes..<Self.answer.lowerBound + arrived.byteCount)
        let words = answer.split(separator: " ").map(String.init)
        guard words.count == 2, let peer = Endpoint(words[0]), let table = RemoteMemory(words[1]) else {
            fatalError("not an answer of the server: \(answer)")
        }
        try queuePair.connect(to: peer)
        self.queue = queue
        self.memory = memory
        self.queuePair = queuePair
        self.table = table
    }

    /// Reads from the server's memory; the server does not notice.
    func get(_ key: String) throws -> String? {
        for step in 0..<Entry.placeCount {
            let entry = try read((Entry.place(of: key) + step) % Entry.placeCount)
            if entry.version == 0 { return nil }
            if entry.key == key { return entry.value }
        }
        return nil
    }

    /// Reads a place until its checksum holds: the server may have been writing there.
    private func read(_ place: Int) throws -> Entry {
        let start = place * Entry.byteCount
        while true {
            try queuePair.postRead(into: memory, Self.entry, from: table[start..<start + Entry.byteCount])
            try queue.spin().requireSuccess()
            if let entry = Entry(memory.array(Self.entry)) { return entry }
        }
    }

    /// Sends "KEY VALUE", and waits until the server says that it is there.
    func put(_ key: String, _ value: String) throws {
        guard Entry.hasRoom(for: key, value), !key.contains(" ") else { fatalError("\(key) does not fit the table") }
        try queuePair.postReceive(into: memory, Self.answer)
        let message = "\(key) \(value)"
        try queuePair.postSend(inline: message.utf8.span)
        // Two things complete: what we sent, and what the server sends in return.
        for _ in 0..<2 { try queue.spin().requireSuccess() }
    }

    /// An empty message: the server forgets us.
    consuming func leave() throws {
        try queuePair.postSend(memory, 0..<0)
        try queue.spin().requireSuccess()
    }
}
