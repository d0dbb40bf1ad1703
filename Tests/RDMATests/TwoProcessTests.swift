// TwoProcessTests.swift - every operation between two processes: the peer is this test's own program, started again.

import Foundation
import RDMA
import Testing

@Suite(.serialized)
struct TwoProcessTests {
    /// The peer's side: it offers memory and receives, answers each message with what it got, and ends when told.
    private static func peer(_ folder: String) throws {
        let device = try Device()
        let domain = try device.makeProtectionDomain()
        let queue = try device.makeCompletionQueue()
        let pair = try domain.makeQueuePair(completions: queue)
        let region = try domain.makeMemoryRegion(
            byteCount: 4096, access: [.localWrite, .remoteWrite, .remoteRead, .remoteAtomic])
        try Mailbox.put("\(pair.endpoint) \(region.remote)", folder + "/peer")
        try pair.connect(to: try #require(Endpoint(Mailbox.take(folder + "/test"))))
        try pair.postReceive(into: region, 2048..<4096)
        while true {
            let message = try queue.await().requireSuccess()
            guard message.operation != .send else { continue }
            let text = region.text(2048..<2048 + message.byteCount)
            if text == "end" { return }
            try pair.postReceive(into: region, 2048..<4096)
            try pair.postSend(inline: "\(text) \(message.immediate ?? 0)".utf8.span)
        }
    }

    @Test func everyOperationReachesAnotherProcess() async throws {
        let folder = try Mailbox.folder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        // A thread of its own: tasks of other tests may keep every thread of the pool, and the peer waits for this side.
        let side = ThreadResult { try operate(folder) }
        await #expect(processExitsWith: .success) { [folder = folder as String] in try Self.peer(folder) }
        try side.wait()
    }

    private func operate(_ folder: String) throws {
        let device = try Device()
        let domain = try device.makeProtectionDomain()
        let queue = try device.makeCompletionQueue()
        let pair = try domain.makeQueuePair(completions: queue)
        let region = try domain.makeMemoryRegion(byteCount: 4096)
        try Mailbox.put("\(pair.endpoint)", folder + "/test")
        let words = try Mailbox.take(folder + "/peer").split(separator: " ").map(String.init)
        let memory = try #require(RemoteMemory(words[1]))
        try pair.connect(to: try #require(Endpoint(words[0])))

        // Messages there and back, with an immediate.
        try pair.postReceive(into: region, 0..<100)
        try pair.postSend(inline: "hello".utf8.span, immediate: 17, options: [])
        let answer = try queue.await().requireSuccess()
        #expect(region.text(0..<answer.byteCount) == "hello 17")

        // A write, read back; then a word counted up and swapped.
        region.copy("in another process".utf8.span)
        try pair.postWrite(region, 0..<18, to: memory)
        try queue.await().requireSuccess()
        try pair.postRead(into: region, 200..<218, from: memory)
        try queue.await().requireSuccess()
        #expect(region.text(200..<218) == "in another process")
        let word = memory[1024..<1032]
        for expected in 0..<10 as Range<UInt64> {
            try pair.postFetchAndAdd(1, to: word, into: region)
            try queue.await().requireSuccess()
            #expect(region.load(UInt64.self, at: 0) == expected)
        }
        try pair.postCompareAndSwap(expected: 10, desired: 0, at: word, into: region)
        try queue.await().requireSuccess()
        #expect(region.load(UInt64.self, at: 0) == 10)

        // Beyond the peer's memory nothing is allowed, and after that nothing goes.
        try pair.postSend(inline: "end".utf8.span)
        try queue.await().requireSuccess()
        try pair.postWrite(region, 0..<1, to: RemoteMemory(address: memory.address - 1, byteCount: 1, key: memory.key))
        let failed = try queue.await()
        #expect([.remoteAccessError, .retryExceeded].contains(failed.status), "\(failed.status)")
    }
}
