// LocalSocketTests.swift - connections, descriptors in messages, and peers that misbehave.
import CPlatformTestSupport
import Glibc
import Platform
import Testing

@Suite struct LocalSocketTests {
    /// A name that no other test and no other run uses.
    private func name(_ purpose: String) -> String {
        "verbena-test-\(getpid())-\(purpose)-\(Clock.monotonicNanoseconds())"
    }

    /// Both ends of a connection.
    private func connected(_ purpose: String) throws -> (client: LocalSocketBox, server: LocalSocketBox) {
        let name = name(purpose)
        let listener = try LocalSocket.listen(name: name)
        let client = try LocalSocket.connect(name: name, timeoutMilliseconds: 1000)
        let server = try listener.accept()
        return (LocalSocketBox(client), LocalSocketBox(server))
    }

    private func receive(
        _ socket: borrowing LocalSocket, limit: Int = 256, maxDescriptors: Int = 0, timeoutMilliseconds: Int32 = 10_000
    ) throws -> (bytes: [UInt8], descriptors: [Int32]) {
        var buffer = [UInt8](repeating: 0, count: limit)
        let (count, descriptors) = try unsafe buffer.withUnsafeMutableBytes { space in
            try unsafe socket.receive(
                into: space, maxDescriptors: maxDescriptors, timeoutMilliseconds: timeoutMilliseconds)
        }
        return (Array(buffer[..<count]), descriptors)
    }

    private func failure<Result>(_ body: () throws -> Result) -> Int32? {
        do {
            _ = try body()
            return nil
        } catch let error as SystemError {
            return error.number
        } catch {
            return -1
        }
    }

    @Test func aNameHasOneListener() throws {
        let name = name("one")
        let listener = try LocalSocket.listen(name: name)
        do {
            _ = try LocalSocket.listen(name: name)
            Issue.record("two listeners, beside \(listener.number)")
        } catch {
            #expect(error.number == EADDRINUSE)
        }
    }

    @Test func impossibleNamesAreRefused() {
        for name in ["", String(repeating: "x", count: 108)] {
            #expect { _ = try LocalSocket.listen(name: name) } throws: { ($0 as? SystemError)?.number == EINVAL }
        }
        #expect(throws: Never.self) { _ = try LocalSocket.listen(name: String(repeating: "y", count: 107)) }
    }

    @Test func nobodyListens() {
        #expect { _ = try LocalSocket.connect(name: name("nobody"), timeoutMilliseconds: 100) } throws: {
            ($0 as? SystemError)?.number == ECONNREFUSED
        }
    }

    @Test func aListenerThatNeverAcceptsTimesOut() throws {
        let name = name("full")
        let listener = try LocalSocket.listen(name: name)
        var waiting: [LocalSocketBox] = []
        let number: Int32? = failure {
            for _ in 0..<1000 {
                waiting.append(LocalSocketBox(try LocalSocket.connect(name: name, timeoutMilliseconds: 50)))
            }
        }
        #expect(number == ETIMEDOUT, "\(waiting.count) wait for \(listener.number)")
    }

    @Test func messagesKeepTheirBoundaries() throws {
        let (client, server) = try connected("messages")
        try client.socket.send([1, 2, 3])
        try client.socket.send([4])
        #expect(try receive(server.socket).bytes == [1, 2, 3])
        #expect(try receive(server.socket).bytes == [4])
        try unsafe [UInt8](9...12).withUnsafeBytes { bytes in try unsafe server.socket.send(bytes) }
        #expect(try receive(client.socket).bytes == [9, 10, 11, 12])
    }

    @Test func theKernelSaysWhoThePeerIs() throws {
        let (client, server) = try connected("credentials")
        for end in [client, server] {
            let peer = try end.socket.peerCredentials()
            #expect(peer.pid == getpid())
            #expect(peer.uid == geteuid())
        }
    }

    @Test func aDescriptorComesFromAnotherProcess() throws {
        let name = name("process")
        let listener = try LocalSocket.listen(name: name)
        var text = Array(name.utf8) + [0]
        try withAddress(of: &text) { address in
            let child = try ChildProcess(verbena_test_child_send_descriptor, address)
            let server = try listener.accept()
            #expect(try server.peerCredentials().pid == child.pid)
            let (bytes, descriptors) = try receive(server, maxDescriptors: 1, timeoutMilliseconds: 5000)
            #expect(String(decoding: bytes, as: UTF8.self) == "here")
            try #require(descriptors.count == 1)
            let reader = OwnedDescriptor(adopting: descriptors[0])
            #expect(fcntl(reader.number, F_GETFD) == FD_CLOEXEC)
            var greeting = [UInt8](repeating: 0, count: 64)
            #expect(unsafe read(reader.number, &greeting, 64) == 16)
            #expect(String(decoding: greeting[..<16], as: UTF8.self) == "through the pipe")
            #expect(child.wait() == 0)
        }
    }

    /// The far end of a pipe shows whether copies of its writer are open anywhere.
    @Test(arguments: [(sent: 3, limit: 1, size: 256), (sent: 2, limit: 2, size: 1), (sent: 2, limit: 0, size: 256)])
    func descriptorsThatAreNotHandedOutAreClosed(_ given: (sent: Int, limit: Int, size: Int)) throws {
        let (client, server) = try connected("surplus")
        let pipe = try TestPipe()
        let copies = [Int32](repeating: pipe.writer, count: given.sent)
        try client.socket.send([1, 2, 3], descriptors: copies)
        #expect(close(pipe.writer) == 0)
        let fits = given.size >= 3
        let number: Int32? = failure {
            let received = try receive(server.socket, limit: given.size, maxDescriptors: given.limit)
            #expect(received.descriptors.count == given.limit)
            for descriptor in received.descriptors { #expect(close(descriptor) == 0) }
        }
        #expect(number == (fits ? nil : EMSGSIZE))
        try pipe.expectEnd()
    }

    @Test func aSilentPeerTimesOut() throws {
        let (client, server) = try connected("silent")
        let start = Clock.monotonicNanoseconds()
        #expect(failure { try receive(server.socket, timeoutMilliseconds: 30) } == ETIMEDOUT)
        #expect(Clock.monotonicNanoseconds() - start >= 29_000_000)
        #expect(failure { try receive(client.socket, timeoutMilliseconds: 0) } == ETIMEDOUT)
    }

    @Test func aPeerThatDoesNotReadTimesOut() throws {
        let (client, server) = try connected("deaf")
        let number: Int32? = failure {
            for _ in 0..<10_000 {
                try client.socket.send([UInt8](repeating: 0, count: 1024), timeoutMilliseconds: 30)
            }
        }
        #expect(number == ETIMEDOUT, "\(server.socket.number) reads nothing")
    }

    @Test func aPeerThatHasGoneIsNoticed() throws {
        let (client, server) = try connected("gone")
        try server.socket.send([7])
        server.close()
        #expect(try receive(client.socket).bytes == [7], "what it sent before arrives")
        #expect(try receive(client.socket).bytes.isEmpty)
        #expect(failure { try client.socket.send([1]) } == EPIPE)
    }

    @Test func namesAreListedOnceWhileSomebodyListens() throws {
        let prefix = name("list")
        do {
            let first = try LocalSocket.listen(name: prefix + ".b")
            let second = try LocalSocket.listen(name: prefix + ".a")
            let client = try LocalSocket.connect(name: prefix + ".a", timeoutMilliseconds: 1000)
            let server = try second.accept()
            #expect(LocalSocket.names(withPrefix: prefix) == [prefix + ".a", prefix + ".b"])
            #expect(first.number != client.number && server.number != client.number)
        }
        // Another test's forked child may hold a copy of a listener for a moment.
        try waitUntil { LocalSocket.names(withPrefix: prefix).isEmpty }
    }
}
