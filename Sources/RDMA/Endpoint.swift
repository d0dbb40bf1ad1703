// Endpoint.swift - everything that a peer must know of a queue pair to reach it.
//
// Owns: plain numbers, and their text. Does not: open a connection; how it travels is the program's affair.
// C: what the pingpong programs exchange over a socket: LID, QPN, PSN and GID.

@_exported public import struct Verbs.QueuePairNumber
import Verbs

/// What a peer must know of a queue pair to reach it: a small value that programs pass on by any means they like.
///
/// ```swift
/// print(queuePair.endpoint)                              // one process writes it to a pipe, a file, a socket
/// try queuePair.connect(to: Endpoint(readLine()!)!)      // the other reads it there
/// ```
public struct Endpoint: Hashable, Sendable {
    /// The number of the queue pair on its device.
    public var queuePair: QueuePairNumber
    /// The number of the first packet that it sends, 24 bits.
    public var packetSequenceNumber: UInt32
    /// The LID of its port; 0 on Ethernet.
    public var localIdentifier: UInt16
    /// The GID of its port.
    public var globalIdentifier: GlobalIdentifier
    /// What datagrams to it must carry; 0 for connected queue pairs.
    public var queueKey: UInt32

    /// Names a queue pair whose parts came by some means of the program's own.
    public init(
        queuePair: QueuePairNumber, packetSequenceNumber: UInt32, localIdentifier: UInt16,
        globalIdentifier: GlobalIdentifier, queueKey: UInt32 = 0
    ) {
        self.queuePair = queuePair
        self.packetSequenceNumber = packetSequenceNumber & 0xff_ffff
        self.localIdentifier = localIdentifier
        self.globalIdentifier = globalIdentifier
        self.queueKey = queueKey
    }
}

extension Endpoint: LosslessStringConvertible {
    /// The numbers in hexadecimal, in one word: `00a001-3f12ab-0000-fe80000000000000-02001d6c24f00000-00000000`.
    public var description: String {
        TextFields([
            (UInt64(queuePair.rawValue), 6), (UInt64(packetSequenceNumber), 6), (UInt64(localIdentifier), 4),
            (globalIdentifier.subnetPrefix, 16), (globalIdentifier.interfaceID, 16), (UInt64(queueKey), 8),
        ]).text
    }

    /// Reads what ``description`` wrote; nil for anything else.
    public init?(_ description: String) {
        guard let fields = TextFields(description, count: 6), fields[0] <= 0xff_ffff, fields[1] <= 0xff_ffff,
            let localIdentifier = UInt16(exactly: fields[2]), let queueKey = UInt32(exactly: fields[5])
        else { return nil }
        self.init(
            queuePair: QueuePairNumber(rawValue: UInt32(fields[0])), packetSequenceNumber: UInt32(fields[1]),
            localIdentifier: localIdentifier,
            globalIdentifier: GlobalIdentifier(subnetPrefix: fields[3], interfaceID: fields[4]), queueKey: queueKey)
    }
}

extension Endpoint {
    /// The path to the endpoint from a port of this device.
    var path: AddressVector {
        var vector = AddressVector()
        vector.destination = globalIdentifier
        vector.isGlobal = true
        vector.hopLimit = 64
        vector.destinationLocalIdentifier = localIdentifier
        vector.portNumber = DeviceShare.port
        return vector
    }
}
