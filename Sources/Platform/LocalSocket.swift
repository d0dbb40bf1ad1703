// LocalSocket.swift - connections between processes of one host that carry messages and descriptors.
//
// Owns: one socket. Does not: trust what arrives; `peerCredentials` is what the kernel says of the peer.
// Names are abstract: they vanish with their listener and exist in no file system. Counterpart: unix(7).
import CPlatform
import Glibc

/// A sequenced-packet socket with an abstract name.
public struct LocalSocket: ~Copyable {
    let descriptor: OwnedDescriptor

    public var number: Int32 { descriptor.number }

    /// Takes over a socket.
    public init(adopting descriptor: consuming OwnedDescriptor) { self.descriptor = descriptor }

    /// Waits for connections under `name`. EADDRINUSE: somebody else already does.
    public static func listen(name: String) throws(SystemError) -> LocalSocket {
        let result = unsafe withBytes(name) { unsafe verbena_local_listen($0, $1) }
        return LocalSocket(adopting: OwnedDescriptor(adopting: try SystemError.check(result, "bind")))
    }

    /// Connects to the listener of `name`. ECONNREFUSED: there is none; ETIMEDOUT: its queue stays full.
    ///
    /// A timeout of -1 waits for ever.
    public static func connect(name: String, timeoutMilliseconds: Int32) throws(SystemError) -> LocalSocket {
        let result = unsafe withBytes(name) { unsafe verbena_local_connect($0, $1, timeoutMilliseconds) }
        return LocalSocket(adopting: OwnedDescriptor(adopting: try SystemError.check(result, "connect")))
    }

    /// The next connection; waits for it.
    public func accept() throws(SystemError) -> LocalSocket {
        let result = verbena_local_accept(number)
        return LocalSocket(adopting: OwnedDescriptor(adopting: try SystemError.check(result, "accept")))
    }

    /// Who connected, or who listened, by the kernel's word. Process 0: it lives where this PID namespace cannot see.
    public func peerCredentials() throws(SystemError) -> (pid: Int32, uid: UInt32) {
        var pid: Int32 = 0
        var uid: UInt32 = 0
        try SystemError.check(unsafe verbena_local_peer(number, &pid, &uid), "getsockopt SO_PEERCRED")
        return (pid, uid)
    }

    /// Sends one message. The descriptors stay the caller's, the receiver gets copies. EPIPE: the peer has gone.
    public func send(
        _ bytes: UnsafeRawBufferPointer, descriptors: [Int32] = [], timeoutMilliseconds: Int32 = -1
    ) throws(SystemError) {
        let result = unsafe verbena_local_send(
            number, bytes.baseAddress, bytes.count, descriptors, descriptors.count, timeoutMilliseconds)
        try SystemError.check(result, "sendmsg")
    }

    /// Sends one message.
    public func send(
        _ bytes: [UInt8], descriptors: [Int32] = [], timeoutMilliseconds: Int32 = -1
    ) throws(SystemError) {
        let result = unsafe verbena_local_send(
            number, bytes, bytes.count, descriptors, descriptors.count, timeoutMilliseconds)
        try SystemError.check(result, "sendmsg")
    }

    /// Receives one message; 0 bytes: the peer has gone. EMSGSIZE: it was longer than `buffer`, and is lost.
    ///
    /// The descriptors become the caller's to close. Those beyond `maxDescriptors` are closed here.
    public func receive(
        into buffer: UnsafeMutableRawBufferPointer, maxDescriptors: Int, timeoutMilliseconds: Int32 = -1
    ) throws(SystemError) -> (byteCount: Int, descriptors: [Int32]) {
        var descriptors = [Int32](repeating: -1, count: max(maxDescriptors, 0))
        var count = 0
        let result = unsafe verbena_local_receive(
            number, buffer.baseAddress, buffer.count, &descriptors, descriptors.count, &count, timeoutMilliseconds)
        let byteCount = try SystemError.check(result, "recvmsg")
        return (Int(byteCount), Array(descriptors[..<count]))
    }

    /// The abstract names on this host (in this network namespace) that begin with `prefix`, each once, sorted.
    public static func names(withPrefix prefix: String) -> [String] {
        guard let bytes = SmallFile.read("/proc/net/unix") else { return [] }
        var names: Set<String> = []
        for line in bytes.split(separator: UInt8(ascii: "\n")) {
            // The name is the last column, and the kernel writes an abstract one with a leading "@".
            guard let at = line.firstIndex(of: UInt8(ascii: "@")) else { continue }
            let name = String(decoding: line[(at + 1)...], as: UTF8.self)
            if name.hasPrefix(prefix) { names.insert(name) }
        }
        return names.sorted()
    }

    private static func withBytes(_ name: String, _ body: (UnsafePointer<CChar>, Int) -> Int32) -> Int32 {
        let length = name.utf8.count
        return unsafe name.withCString { unsafe body($0, length) }
    }
}
