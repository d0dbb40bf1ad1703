// OneSidedWrite.swift - one process writes into the memory of another, which only looks.
//
// The two tell each other where they are by a line of text each:
//
//     mkfifo answer
//     one-sided-write send <answer | one-sided-write receive | tee answer

import Glibc
import RDMA

@main
enum OneSidedWrite {
    static func main() throws {
        let device = try Device()
        let domain = try device.makeProtectionDomain()
        let queue = try device.makeCompletionQueue()
        let queuePair = try domain.makeQueuePair(completions: queue)
        let region = try domain.makeMemoryRegion(byteCount: 32, access: [.localWrite, .remoteWrite])

        // Tell the peer how to reach us, and learn how to reach it. (A pipe keeps what is printed until it is flushed.)
        print(queuePair.endpoint, region.remote)
        fflush(nil)
        let words = (readLine() ?? "").split(separator: " ").map(String.init)
        guard words.count == 2, let peer = Endpoint(words[0]), let memory = RemoteMemory(words[1]) else {
            fatalError("standard input is not the other process's line")
        }
        try queuePair.connect(to: peer)

        if CommandLine.arguments.last == "send" {
            region.copy("Written by process \(getpid())".utf8.span)
            region.store(1 as UInt8, at: 31)
            // One request, no system call of the peer's: its memory changes.
            try queuePair.postWrite(region, to: memory)
            try queue.spin().requireSuccess()
        } else {
            // The last byte of a write appears last: once it is there, all of it is.
            while region.load(UInt8.self, at: 31) == 0 {}
            print(region.text(0..<31).prefix { $0 != "\0" })
        }
    }
}
