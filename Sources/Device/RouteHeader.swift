// RouteHeader.swift - the 40 bytes in front of a received datagram.
//
// Owns: their form. InfiniBand and RoCE with IPv6 addresses: a global route header, which has the form of an IPv6
// header. RoCEv2 with IPv4 addresses: 20 bytes of nothing, then the IPv4 header, as adapters deliver it.
// Spec: IBA vol 1, 8.3; annex A17.4.5.2 (RoCEv2).   Counterpart: ibv_create_ah_from_wc(3) reads it.   HOT.

import Verbs

/// The header of a datagram's path, as the receiver sees it.
enum RouteHeader {
    /// InfiniBand transport follows directly.
    private static let infiniBandTransport: UInt64 = 0x1b
    /// UDP follows: RoCEv2.
    private static let userDatagram: UInt64 = 17

    @inline(__always)
    static func write(
        _ path: DatagramDestination, payloadBytes: UInt16, linkLayer: LinkLayer, to header: borrowing FixedBuffer<UInt64>
    ) {
        if linkLayer == .ethernet, path.source.isMappedIPv4, path.destination.isMappedIPv4 {
            writeIPv4(path, payloadBytes: payloadBytes, to: header)
        } else {
            let next = linkLayer == .ethernet ? userDatagram : infiniBandTransport
            header[0] = (6 << 60 | UInt64(path.trafficClass) << 52 | UInt64(payloadBytes) << 16 | next << 8
                | UInt64(path.hopLimit)).bigEndian
            header[1] = path.source.subnetPrefix.bigEndian
            header[2] = path.source.interfaceID.bigEndian
            header[3] = path.destination.subnetPrefix.bigEndian
            header[4] = path.destination.interfaceID.bigEndian
        }
    }

    /// Bytes 20 to 39: version and length, identification 0 and "do not fragment", time to live, addresses.
    @inline(__always)
    private static func writeIPv4(_ path: DatagramDestination, payloadBytes: UInt16, to header: borrowing FixedBuffer<UInt64>) {
        let first = UInt32(0x45) << 24 | UInt32(path.trafficClass) << 16 | UInt32(payloadBytes &+ 20)
        let second: UInt32 = 0x4000
        let third = UInt32(path.hopLimit) << 24 | UInt32(userDatagram) << 16
        let source = UInt32(truncatingIfNeeded: path.source.interfaceID)
        let destination = UInt32(truncatingIfNeeded: path.destination.interfaceID)
        let sum = checksum(first, second, third, source, destination)
        header[0] = 0
        header[1] = 0
        header[2] = UInt64(first).bigEndian
        header[3] = (UInt64(second) << 32 | UInt64(third | UInt32(sum))).bigEndian
        header[4] = (UInt64(source) << 32 | UInt64(destination)).bigEndian
    }

    /// The internet checksum of a header whose own checksum field is zero.
    @inline(__always)
    private static func checksum(_ a: UInt32, _ b: UInt32, _ c: UInt32, _ d: UInt32, _ e: UInt32) -> UInt16 {
        var sum = (a >> 16) &+ (a & 0xffff) &+ (b >> 16) &+ (b & 0xffff) &+ (c >> 16) &+ (c & 0xffff)
        sum = sum &+ (d >> 16) &+ (d & 0xffff) &+ (e >> 16) &+ (e & 0xffff)
        sum = (sum & 0xffff) &+ (sum >> 16)
        sum = (sum & 0xffff) &+ (sum >> 16)
        return ~UInt16(truncatingIfNeeded: sum)
    }
}
