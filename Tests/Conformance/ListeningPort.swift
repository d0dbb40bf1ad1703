// ListeningPort.swift - TCP ports for the servers, and whether a server listens yet.

import Foundation
import Glibc

/// A TCP port that nobody used when it was chosen.
struct ListeningPort {
    let number: UInt16

    /// Asks the kernel for a free one.
    init() {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                _ = unsafe bind(descriptor, generic, length)
                _ = unsafe getsockname(descriptor, generic, &length)
            }
        }
        number = UInt16(bigEndian: address.sin_port)
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
