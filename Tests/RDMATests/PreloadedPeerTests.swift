// PreloadedPeerTests.swift - a Swift program on the library and a C program on the preload are on one fabric.

import Foundation
import RDMA
import Testing

@Suite(.serialized)
struct PreloadedPeerTests {
    @Test func aCProgramAndASwiftProgramReachEachOther() throws {
        let folder = try Mailbox.folder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let source = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Clients/peer.c").path
        let compiled = try Run.toEnd(
            "/usr/bin/cc", ["-std=gnu11", "-Wall", "-Wextra", "-Werror", "-o", folder + "/peer", source, "-libverbs"])
        try #require(compiled.status == 0, "\(compiled.errors)")
        let peer = try Run(folder + "/peer", [], environment: ["LD_PRELOAD": try preload()])

        let device = try Device()
        let domain = try device.makeProtectionDomain()
        let queue = try device.makeCompletionQueue()
        let pair = try domain.makeQueuePair(completions: queue)
        let region = try domain.makeMemoryRegion(byteCount: 4096, access: [.localWrite, .remoteWrite])
        let words = try #require(peer.line()).split(separator: " ").map(String.init)
        try pair.connect(to: try #require(Endpoint(words[0]))) { $0.pathMTU = 3 }
        peer.tell("\(pair.endpoint) \(region.remote)")

        let deadline = ContinuousClock.now + .seconds(60)
        while region.load(UInt8.self, at: 11) == 0, ContinuousClock.now < deadline { usleep(100) }
        #expect(region.text(0..<12) == "written by C")
        region.copy("written by Swift".utf8.span, to: 1024)
        region.store(1 as UInt8, at: 1024 + 63)
        try pair.postWrite(region, 1024..<1088, to: try #require(RemoteMemory(words[1])))
        try queue.await().requireSuccess()
        let ended = peer.finish()
        #expect(ended.status == 0 && ended.output == "written by Swift\n", "\(ended.errors)")
    }

    /// VERBENA_PRELOAD names it; else it lies where the tests do.
    private func preload() throws -> String {
        if let named = ProcessInfo.processInfo.environment["VERBENA_PRELOAD"] { return URL(filePath: named).path }
        return try Run.buildFolder.appending(path: "libverbena-preload.so").path
    }
}
