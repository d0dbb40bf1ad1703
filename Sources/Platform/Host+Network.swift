// Host+Network.swift - this machine's network addresses.
//
// Owns: nothing. Counterpart: getifaddrs(3), netdevice(7).
import CPlatform
import Glibc

extension Host {
    /// The IPv4 addresses of interfaces that are up, in the system's order, loopback last.
    ///
    /// `address` is in host byte order: 127.0.0.1 is 0x7F000001. Where the kernel refuses the list (a filter on netlink
    /// sockets), loopback alone, which every machine has.
    public static func ipv4Addresses() -> [(interface: String, address: UInt32)] {
        var list: UnsafeMutablePointer<ifaddrs>?
        guard unsafe getifaddrs(&list) == 0 else { return [("lo", 0x7F00_0001)] }
        defer { unsafe freeifaddrs(list) }
        var outside: [(interface: String, address: UInt32)] = []
        var loopback: [(interface: String, address: UInt32)] = []
        var next = unsafe list
        while let entry = unsafe next {
            unsafe next = unsafe entry.pointee.ifa_next
            guard unsafe entry.pointee.ifa_flags & UInt32(IFF_UP) != 0,
                let address = unsafe ipv4(entry.pointee.ifa_addr), let name = unsafe entry.pointee.ifa_name
            else { continue }
            let found = (interface: unsafe String(cString: name), address: address)
            let isLoopback = unsafe entry.pointee.ifa_flags & UInt32(IFF_LOOPBACK) != 0
            if isLoopback { loopback.append(found) } else { outside.append(found) }
        }
        return outside + loopback
    }

    /// The 48-bit hardware address of an interface; nil if it has none.
    public static func macAddress(of interface: String) -> UInt64? {
        guard let text = SmallFile.text("/sys/class/net/\(interface)/address") else { return nil }
        let octets = text.split(separator: ":").compactMap { UInt64($0, radix: 16) }
        guard octets.count == 6 else { return nil }
        let address = octets.reduce(0) { $0 << 8 | $1 }
        return address == 0 ? nil : address
    }

    private static func ipv4(_ address: UnsafeMutablePointer<sockaddr>?) -> UInt32? {
        guard let address = unsafe address, unsafe address.pointee.sa_family == sa_family_t(AF_INET) else { return nil }
        return unsafe address.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { internet in
            unsafe UInt32(bigEndian: internet.pointee.sin_addr.s_addr)
        }
    }
}
