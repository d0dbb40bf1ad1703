// ListeningPort.swift - TCP ports for the servers, and whether a server listens yet.

import Foundation
import Glibc
import Synchronization

/// A TCP port that nobody used when it was chosen.
struct ListeningPort {
    let number: UInt16

    /// Below the range that the kernel gives to outgoing connections: a client of another pair could be given a port
    /// from there between our choice and the server's use of it.
    private static let range: ClosedRange<UInt16> = 12_000...31_999
    private static let next = Atomic<UInt16>(range.lowerBound + UInt16(getpid() % 10_000))

    /// The next one that can be bound. No two of one run are the same before the range is used up.
    init() {
        var candidate: UInt16
        repeat {
            candidate = Self.next.wrappingAdd(1, ordering: .relaxed).oldValue
            if candidate >= Self.range.upperBound { Self.next.store(Self.range.lowerBound, ordering: .relaxed) }
        } while !Self.range.contains(candidate) || !Self.canBind(candidate)
        number = candidate
    }

    /// Whether a server could listen there, on any address.
    private static func canBind(_ port: UInt16) -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        return unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }

    /// Whether a socket listens on it, by the kernel's own tables: a connection to find out would be taken for a client.
    var isListening: Bool {
        let hexadecimal = String(number, radix: 16, uppercase: true)
        let wanted = String(repeating: "0", count: 4 - hexadecimal.count) + hexadecimal
        return ["/proc/net/tcp", "/proc/net/tcp6"].contains { table in
            let text = (try? String(contentsOfFile: table, encoding: .utf8)) ?? ""
            return text.split(separator: "\n").dropFirst().contains { line in
                let fields = line.split(separator: " ")
                return fields.count > 3 && fields[1].hasSuffix(":" + wanted) && fields[3] == "0A"
            }
        }
    }
}
