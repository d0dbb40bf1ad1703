// SwiftLatency.swift - messages and writes there and back between two Swift programs: what ib_send_lat and ib_write_lat
// measure. `send` and `write` poll; `await` sends messages, and sleeps until one comes, as ib_send_lat does with --events.
//
//     mkfifo answer
//     swift-latency send 64 20000 first <answer | swift-latency send 64 20000 second | tee answer
//
// The first says "half a round trip: … us": of batches of a hundred round trips, the median.

import Glibc
import RDMA

@main
enum SwiftLatency {
    static let batch = 100

    static func main() async throws {
        let words = CommandLine.arguments
        guard words.count == 5, ["send", "await", "write"].contains(words[1]), let byteCount = Int(words[2]), byteCount > 0,
            let rounds = Int(words[3]), rounds >= batch, ["first", "second"].contains(words[4])
        else { return print("usage: swift-latency send|await|write BYTES ROUNDS first|second") }
        let player = try Player(byteCount: byteCount, isFirst: words[4] == "first")
        // The first batches warm up both sides.
        var times: [Double] = []
        for index in 0..<10 + rounds / batch {
            let start = ContinuousClock.now
            switch words[1] {
            case "send": try player.exchangeMessages(batch)
            case "await": try await player.awaitMessages(batch)
            default: try player.exchangeWrites(batch, from: index * batch)
            }
            if index >= 10 { times.append((ContinuousClock.now - start) / .microseconds(1) / Double(2 * batch)) }
        }
        if words[4] == "first" { print("half a round trip: \(times.sorted()[times.count / 2]) us") }
    }
}
