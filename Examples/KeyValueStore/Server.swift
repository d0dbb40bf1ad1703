// Server.swift - owns the table, admits clients, puts what they send.
//
// Clients find it at a datagram queue pair: they send their endpoints there, and are told in return the endpoint made for
// them and where the table is. Everything arrives in one completion queue, told apart by queue pair.

import RDMA

/// The server's side.
struct Server: ~Copyable {
    private let domain: ProtectionDomain
    private let queue: CompletionQueue
    private let table: MemoryRegion
    private let doorway: QueuePair
    private let puts: SharedReceiveQueue
    /// Room for the messages that arrive, one place each.
    private let inbox: MemoryRegion
    private var clients: [QueuePairNumber: Connection] = [:]

    /// An array cannot hold a queue pair, which has just one owner: an object can.
    private final class Connection {
        let queuePair: QueuePair
        init(_ queuePair: consuming QueuePair) { self.queuePair = queuePair }
    }

    private static let placeBytes = 256
    private static let doorwayPlaces = 0..<64
    private static let putPlaces = 64..<128

    /// What clients are told on their command line.
    var address: Endpoint { doorway.endpoint }

    init() throws {
        let device = try Device()
        let domain = try device.makeProtectionDomain()
        let queue = try device.makeCompletionQueue(capacity: 4096)
        let inbox = try domain.makeMemoryRegion(byteCount: Self.placeBytes * Self.putPlaces.upperBound)
        let puts = try domain.makeSharedReceiveQueue(capacity: Self.putPlaces.count)
        let doorway = try domain.makeQueuePair(.unreliableDatagram, completions: queue)
        try doorway.activate()
        for place in Self.doorwayPlaces { try doorway.postReceive(into: inbox, Self.bytes(place), id: UInt64(place)) }
        for place in Self.putPlaces { try puts.postReceive(into: inbox, Self.bytes(place), id: UInt64(place)) }
        table = try domain.makeMemoryRegion(
            byteCount: Entry.placeCount * Entry.byteCount, access: [.localWrite, .remoteRead])
        self.domain = domain
        self.queue = queue
        self.inbox = inbox
        self.puts = puts
        self.doorway = doorway
    }

    /// Serves until the task is cancelled; sleeps while there is nothing to do.
    mutating func run() async throws {
        for await completion in queue.completions {
            if !completion.isSuccess {
                // Whoever does not answer any more is forgotten.
                clients[completion.queuePair] = nil
            } else if completion.operation == .receive {
                try take(completion)
            }
        }
    }

    /// A message has arrived: in the doorway, or from a client.
    private mutating func take(_ completion: Completion) throws {
        let place = Self.bytes(Int(completion.id))
        let end = place.lowerBound + completion.byteCount
        if completion.queuePair == doorway.number {
            let message = inbox.text(place.lowerBound + QueuePair.routeHeaderBytes..<end)
            try doorway.postReceive(into: inbox, place, id: completion.id)
            try admit(message)
        } else {
            let message = inbox.text(place.lowerBound..<end)
            try puts.postReceive(into: inbox, place, id: completion.id)
            if let client = clients[completion.queuePair] { try serve(client, message) }
        }
    }

    /// A newcomer's endpoints: the one to connect to, and the one that awaits the answer.
    private mutating func admit(_ message: String) throws {
        let endpoints = message.split(separator: " ").compactMap { Endpoint(String($0)) }
        guard endpoints.count == 2 else { return }
        var configuration = QueuePair.Configuration(.reliableConnection, completions: queue)
        configuration.receives(from: puts)
        let client = Connection(try domain.makeQueuePair(configuration))
        try client.queuePair.connect(to: endpoints[0])
        clients[client.queuePair.number] = client
        let answer = "\(client.queuePair.endpoint) \(table.remote)"
        try doorway.postSend(inline: answer.utf8.span, to: domain.makeAddressHandle(to: endpoints[1]))
    }

    /// "KEY VALUE" is put and acknowledged; anything else, and an empty message, is a goodbye.
    private mutating func serve(_ client: Connection, _ message: String) throws {
        let words = message.split(separator: " ", maxSplits: 1).map(String.init)
        guard words.count == 2, Entry.hasRoom(for: words[0], words[1]) else {
            clients[client.queuePair.number] = nil
            return
        }
        put(words[0], words[1])
        try client.queuePair.postSend(inline: "done".utf8.span)
    }

    private func put(_ key: String, _ value: String) {
        for step in 0..<Entry.placeCount {
            let start = (Entry.place(of: key) + step) % Entry.placeCount * Entry.byteCount
            guard let old = Entry(table.array(start..<start + Entry.byteCount)), old.version == 0 || old.key == key else { continue }
            return table.copy(Entry(version: old.version + 1, key: key, value: value).bytes.span, to: start)
        }
    }

    private static func bytes(_ place: Int) -> Range<Int> { place * placeBytes..<(place + 1) * placeBytes }
}
