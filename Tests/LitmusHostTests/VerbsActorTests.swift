// VerbsActorTests.swift - the processes that play scenarios, with memory regions of a verbs device: Verbena's own, under a program of its own.

import Foundation
import Testing

@Suite struct VerbsActorTests {
    /// What the program wrote, with that library under it.
    private static func answers() throws -> [String] {
        let folder = try #require(Bundle.main.executableURL).resolvingSymlinksInPath().deletingLastPathComponent()
        let client = Process()
        client.executableURL = folder.appending(path: "host-actor-client")
        client.environment = ["LD_PRELOAD": folder.appending(path: "libverbena-preload.so").path, "PATH": "/usr/bin:/bin"]
        let output = Pipe()
        client.standardOutput = output
        try client.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        client.waitUntilExit()
        return text.split(separator: "\n").map(String.init)
    }

    @Test func regionsAreHeldReadWrittenForkedAndLetGoOf() throws {
        #expect(
            try Self.answers() == [
                "device: 0 1", "peer: 0 0", "map: 0 0", "fill: 0 0", "map: 0 0", "fill: 0 0", "open: 0 0",
                "hold: 0 0", "read: 0 6", "write: 0 8", "own: 0 8", "hold twice: 16 0", "hold for reading: 0 0",
                "forbidden write: 13 9", "read after it: 0 7", "beyond the end: 13 0", "hold of a hole: 14 0",
                "peer of the child: 0 0", "of the parent: 13 0", "inherited: 0 8", "child's device: 0 0", "child's write: 0 0",
                "child's hold: 0 0", "child's read: 0 5", "parent's read: 0 8", "child's end: 0 0",
                "release: 0 0", "release twice: 22 0", "read of nothing: 13 0",
            ])
    }
}
