// OwnershipTests.swift - what outlives what: by construction, by the compiler, by a precondition.

import Foundation
import RDMA
import Testing

@Suite(.serialized)
struct OwnershipTests {
    /// Everything that a queue pair needs lives as long as it does, though the program has let go of it.
    @Test func aQueuePairKeepsWhatItNeeds() throws {
        func make() throws -> QueuePair {
            let device = try Device()
            return try device.makeProtectionDomain().makeQueuePair(completions: device.makeCompletionQueue())
        }
        let pair = try make()
        try pair.connect(to: pair.endpoint)
        #expect(pair.state == .readyToSend)
        func region() throws -> MemoryRegion { try Device().makeProtectionDomain().makeMemoryRegion(byteCount: 10) }
        let memory = try region()
        #expect(memory.bytes.count == 10)
    }

    /// Names are reused, objects are not leaked: many more than the device holds at once.
    @Test func whatEndsIsGivenBack() throws {
        for _ in 0..<3000 {
            let device = try Device()
            let domain = try device.makeProtectionDomain()
            let queue = try device.makeCompletionQueue(capacity: 16)
            let shared = try domain.makeSharedReceiveQueue(capacity: 16)
            var configuration = QueuePair.Configuration(.reliableConnection, completions: queue)
            configuration.receives(from: shared)
            let pair = try domain.makeQueuePair(configuration)
            let region = try domain.makeMemoryRegion(byteCount: 100_000)
            pair.destroy()
            region.deregister()
        }
    }

    /// A request that meets a region that has ended fails; it touches nothing.
    @Test func aRegionThatEndedIsRefused() throws {
        let pair = try ConnectedPair()
        let region = try pair.domain.makeMemoryRegion(byteCount: 64, access: [.localWrite, .remoteWrite])
        let remote = region.remote
        region.deregister()
        try pair.a.postWrite(pair.near, 0..<8, to: remote)
        #expect(try pair.queueA.await().status == .remoteAccessError)
    }

    /// The same for a receive that waits in it: a small message, which would be put there only when it is polled.
    @Test func aReceiveWhoseRegionEndedIsRefused() throws {
        let pair = try ConnectedPair()
        let region = try pair.domain.makeMemoryRegion(byteCount: 64)
        try pair.b.postReceive(into: region)
        region.deregister()
        try pair.a.postSend(inline: "small".utf8.span)
        #expect(try pair.queueB.await().status == .localProtectionError)
    }

    /// The words are there in optimized programs too: `Misuse` sees to it.
    @Test func mistakesStopTheProgramAndSayWhich() async throws {
        func words(_ result: ExitTest.Result?) throws -> String {
            String(decoding: try #require(result).standardErrorContent, as: UTF8.self)
        }
        let outside = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
            let region = try Device().makeProtectionDomain().makeMemoryRegion(byteCount: 64)
            _ = region.load(UInt64.self, at: 60)
        }
        #expect(try words(outside).contains("8 bytes at 60 lie outside a MemoryRegion of 64 bytes"))
        let misaligned = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
            let region = try Device().makeProtectionDomain().makeMemoryRegion(byteCount: 64)
            _ = region.load(UInt32.self, at: 2)
        }
        #expect(try words(misaligned).contains("a word of 4 bytes cannot be at 2"))
        let post = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
            let pair = try ConnectedPair()
            try pair.a.postSend(pair.near, 1..<ConnectedPair.byteCount + 1)
        }
        #expect(try words(post).contains("65536 bytes at 1 lie outside a MemoryRegion"))
        let remote = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
            _ = RemoteMemory("1-10-1")![8..<17]
        }
        #expect(try words(remote).contains("9 bytes at 8 lie outside a RemoteMemory of 16 bytes"))
        let awaited = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
            let device = try Device()
            _ = try await device.makeCompletionQueue(notifying: device.makeCompletionChannel()).next()
        }
        #expect(try words(awaited).contains("this CompletionQueue reports to a CompletionChannel"))
        let armed = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
            try Device().makeCompletionQueue().requestNotification()
        }
        #expect(try words(armed).contains("this CompletionQueue has no CompletionChannel"))
        let full = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
            let region = try Device().makeProtectionDomain().makeMemoryRegion(byteCount: 64)
            var list = ScatterGatherList(capacity: 1)
            list.append(region)
            list.append(region)
        }
        #expect(try words(full).contains("a ScatterGatherList is full"))
    }

    /// Each line of the snippets that must not compile is refused, for the reason that it gives, and no other line is.
    @Test(arguments: ["Types", "Lifetimes"]) func snippetsDoNotCompile(name: String) throws {
        let source = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "MustNotCompile/\(name).txt")
        let text = try String(contentsOf: source, encoding: .utf8)
        let expected = text.split(separator: "\n", omittingEmptySubsequences: false).enumerated().compactMap { index, line in
            line.range(of: "// error: ").map { "\(index + 1): \(line[$0.upperBound...])" }
        }
        #expect(expected.count >= 4)
        #expect(try Compiler.errors(in: text) == expected)
    }
}
