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

    @Test func preconditionsStopTheProgram() async {
        await #expect(processExitsWith: .failure) {
            let region = try Device().makeProtectionDomain().makeMemoryRegion(byteCount: 64)
            _ = region.load(UInt64.self, at: 60)
        }
        await #expect(processExitsWith: .failure) {
            let region = try Device().makeProtectionDomain().makeMemoryRegion(byteCount: 64)
            _ = region.load(UInt32.self, at: 2)
        }
        await #expect(processExitsWith: .failure) {
            let pair = try ConnectedPair()
            try pair.a.postSend(pair.near, 1..<ConnectedPair.byteCount + 1)
        }
        await #expect(processExitsWith: .failure) { _ = RemoteMemory("1-10-1")![8..<17] }
        await #expect(processExitsWith: .failure) {
            let device = try Device()
            _ = try await device.makeCompletionQueue(notifying: device.makeCompletionChannel()).next()
        }
        await #expect(processExitsWith: .failure) { try Device().makeCompletionQueue().requestNotification() }
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
