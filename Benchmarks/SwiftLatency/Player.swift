// Player.swift - one of the two sides: what the other sends comes back.

import Glibc
import RDMA

/// One side of the game.
struct Player: ~Copyable {
    private let sends: CompletionQueue
    private let receives: CompletionQueue
    private let queuePair: QueuePair
    /// What is sent, and behind it what arrives.
    private let region: MemoryRegion
    private let peerMemory: RemoteMemory
    private let byteCount: Int
    private let isFirst: Bool
    private static let receiveDepth = 256

    /// Tells the other side where we are on standard output, and hears from it on standard input.
    init(byteCount: Int, isFirst: Bool) throws {
        let device = try Device()
        let domain = try device.makeProtectionDomain()
        let sends = try device.makeCompletionQueue()
        let receives = try device.makeCompletionQueue(capacity: Self.receiveDepth)
        var configuration = QueuePair.Configuration(.reliableConnection, completions: sends)
        configuration.receivesComplete(in: receives)
        configuration.capabilities.receiveWorkRequests = UInt32(Self.receiveDepth)
        let queuePair = try domain.makeQueuePair(configuration)
        let region = try domain.makeMemoryRegion(byteCount: 2 * byteCount, access: [.localWrite, .remoteWrite])
        print(queuePair.endpoint, region.remote)
        fflush(nil)
        let words = (readLine() ?? "").split(separator: " ").map(String.init)
        guard words.count == 2, let peer = Endpoint(words[0]), let memory = RemoteMemory(words[1]) else {
            fatalError("standard input is not the other player's line")
        }
        try queuePair.connect(to: peer)
        for _ in 0..<Self.receiveDepth { try queuePair.postReceive(into: region, byteCount..<2 * byteCount) }
        self.sends = sends
        self.receives = receives
        self.queuePair = queuePair
        self.region = region
        self.byteCount = byteCount
        self.isFirst = isFirst
        peerMemory = memory[byteCount..<2 * byteCount]
    }

    /// Messages there and back, each answered by one.
    @inline(never)
    func exchangeMessages(_ rounds: Int) throws(RDMAError) {
        for _ in 0..<rounds {
            if isFirst { try queuePair.postSend(region, 0..<byteCount) }
            try receives.spin().requireSuccess()
            try queuePair.postReceive(into: region, byteCount..<2 * byteCount)
            if !isFirst { try queuePair.postSend(region, 0..<byteCount) }
            try sends.spin().requireSuccess()
        }
    }

    /// The same, asleep until one comes.
    func awaitMessages(_ rounds: Int) async throws {
        for _ in 0..<rounds {
            if isFirst { try queuePair.postSend(region, 0..<byteCount) }
            try await receives.next()?.requireSuccess()
            try queuePair.postReceive(into: region, byteCount..<2 * byteCount)
            if !isFirst { try queuePair.postSend(region, 0..<byteCount) }
            try await sends.next()?.requireSuccess()
        }
    }

    /// Writes there and back: each side waits for the last byte of its memory to become the number of the round.
    @inline(never)
    func exchangeWrites(_ rounds: Int, from start: Int) throws(RDMAError) {
        for round in start..<start + rounds {
            let number = UInt8(truncatingIfNeeded: round + 1)
            if isFirst { try write(number) }
            while region.load(UInt8.self, at: 2 * byteCount - 1) != number {}
            if !isFirst { try write(number) }
            try sends.spin().requireSuccess()
        }
    }

    private func write(_ number: UInt8) throws(RDMAError) {
        region.store(number, at: byteCount - 1)
        try queuePair.postWrite(region, 0..<byteCount, to: peerMemory)
    }
}
