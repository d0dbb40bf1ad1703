// SwiftHotPathTests.swift - the same of the Swift library: a program that posts and polls, as built.

import Testing

@Suite struct SwiftHotPathTests {
    /// The loops of Benchmarks/SwiftLatency: everything that they reach is the library's, or the device's.
    static let loops = ["Player.exchangeMessages", "Player.exchangeWrites"]

    private static let program = Result { try ReleaseLibrary().beside("swift-latency").callGraph() }
    private static let names = Result { try ReleaseLibrary.demangled(try program.get().calls.keys.sorted()) }

    private func root(_ loop: String) throws -> String {
        try #require(Self.names.get().first { ColdFunctions.names(loop, $0.value) }?.key, "\(loop) is not in the program")
    }

    @Test(arguments: loops)
    func doesNothingForbidden(loop: String) throws {
        let names = try Self.names.get()
        let paths = try Self.program.get().paths(
            from: try root(loop), toAny: ForbiddenCalls.contains, stoppingAt: { ColdFunctions.contains(names[$0] ?? $0) })
        for path in paths {
            Issue.record("\(path.map { names[$0] ?? $0 }.joined(separator: "\n  > "))")
        }
    }

    /// A walk that reaches nothing would find nothing.
    @Test func theWalkGoesThroughTheLibraryIntoTheDevice() throws {
        let names = try Self.names.get()
        let reached = try Self.program.get().reached(from: try root("Player.exchangeMessages")) {
            ColdFunctions.contains(names[$0] ?? $0)
        }
        for module in ["RDMA.", "Device.QueuePair"] {
            #expect(reached.contains { (names[$0] ?? "").contains(module) }, "\(module)")
        }
    }

    @Test func everyColdFunctionIsThere() throws {
        let names = try Self.names.get().values
        for cold in ColdFunctions.swiftReasons.keys {
            #expect(names.contains { ColdFunctions.names(cold, $0) }, "no function is called \(cold): unlist it")
        }
    }
}
