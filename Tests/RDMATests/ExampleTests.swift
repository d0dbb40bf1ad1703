// ExampleTests.swift - the example programs, as processes of their own: what they print is what they promise.

import RDMA
import Testing

@Suite(.serialized)
struct ExampleTests {
    @Test func oneProcessWritesIntoAnother() throws {
        let receiver = try Run("one-sided-write", ["receive"])
        let sender = try Run("one-sided-write", ["send"])
        receiver.tell(try #require(sender.line()))
        sender.tell(try #require(receiver.line()))
        let sent = sender.finish()
        #expect(sent.status == 0 && sent.errors.isEmpty, "\(sent.errors)")
        let received = receiver.finish()
        #expect(received.status == 0 && received.errors.isEmpty, "\(received.errors)")
        #expect(received.output.wholeMatch(of: /Written by process \d+\n/) != nil, "\(received.output)")
    }

    /// Several writers and readers at once: each reads what some writer put there, whole.
    @Test func theStoreServesManyClients() throws {
        let server = try Run("key-value-store", ["serve"])
        defer { server.stop() }
        let address = try #require(server.line())
        #expect(try Run.toEnd("key-value-store", [address, "get", "colour", "put", "colour", "blue", "get", "colour"]).output
            == "colour (none)\ncolour blue\n")

        // Each value is one letter repeated: half of one and half of another would show.
        let rounds = 300
        func value(_ letter: String) -> String { String(repeating: letter, count: 100) }
        let writers = try ["a", "b", "c"].map { letter in
            try Run("key-value-store", [address] + (0..<rounds).flatMap { _ in ["put", "shared", value(letter)] } + ["put", letter, letter])
        }
        let readers = try (0..<3).map { _ in
            try Run("key-value-store", [address] + (0..<rounds).flatMap { _ in ["get", "shared"] })
        }
        for writer in writers {
            let ended = writer.finish()
            #expect(ended.status == 0 && ended.output.isEmpty && ended.errors.isEmpty, "\(ended)")
        }
        let whole = Set(["a", "b", "c"].map { "shared " + value($0) } + ["shared (none)"])
        for reader in readers {
            let ended = reader.finish()
            let lines = ended.output.split(separator: "\n").map(String.init)
            #expect(ended.status == 0 && ended.errors.isEmpty && lines.count == rounds, "\(ended.errors)")
            #expect(whole.isSuperset(of: lines))
        }
        let last = try Run.toEnd("key-value-store", [address, "get", "a", "get", "b", "get", "c", "get", "shared"])
        #expect(last.output.hasPrefix("a a\nb b\nc c\nshared ") && !last.output.contains("(none)"))
    }
}
