// ScatterGatherRules.swift - how many pieces a request may have, and how long a message may be.
//
// Owns: element count, total length, size and alignment of atomics. Does not: look at keys (`AccessCheck`).
// Spec: IBA vol 1, 9.4.5 (atomics), 9.8.3 (datagrams), 11.4.1.1 (post send request).
// HOT: called for each post.

/// How many pieces a request may have, and how long a message may be.
public enum ScatterGatherRules {
    /// Bytes of an atomic operand.
    @inlinable
    public static var atomicBytes: UInt64 { 8 }

    /// Whether a list has an acceptable number of elements; where not, the post returns EINVAL.
    /// C passes a signed number: negative ones are refused.
    @inlinable
    public static func allowsCount(_ count: Int, capability: UInt32) -> Bool {
        count >= 0 && UInt64(count) <= UInt64(capability)
    }

    /// Bytes in a list. Cannot overflow: it would take 2^32 elements.
    @inlinable
    public static func totalLength(_ elements: Span<ScatterGatherElement>) -> UInt64 {
        var total: UInt64 = 0
        for index in elements.indices { total += UInt64(elements[index].length) }
        return total
    }

    /// Judges a request by its length and, for atomics, the alignment of its target.
    ///
    /// - Parameter totalLength: bytes of local memory named: sent, or where a read or an atomic puts its result.
    /// - Parameter pathMTUBytes: for datagrams, the most that one packet carries.
    @inlinable
    public static func judge(
        _ opcode: SendOpcode, type: QueuePairType, totalLength: UInt64, remoteAddress: UInt64,
        pathMTUBytes: UInt32, maxMessageBytes: UInt64
    ) -> MessageVerdict {
        if opcode.movesWord {
            // IBA 11.4.1.1: the result of an atomic is eight bytes, no more and no less; so is what an atomic write carries.
            guard totalLength == atomicBytes else { return .localLengthError }
            // IBA 9.4.5: the target's address is naturally aligned; the target checks it.
            return remoteAddress & (atomicBytes - 1) == 0 ? .allowed : .misalignedAtomic
        }
        if type == .unreliableDatagram {
            // IBA C10-93.1.1: a datagram longer than the port's MTU is not sent, and that is not an error.
            return totalLength <= UInt64(pathMTUBytes) ? .allowed : .discarded
        }
        return totalLength <= maxMessageBytes ? .allowed : .localLengthError
    }

    /// Bytes of a path MTU code, 1 = 256 … 5 = 4096.
    /// - Precondition: the code is in that range.
    @inlinable
    public static func bytes(mtuCode: UInt8) -> UInt32 {
        precondition(mtuCode >= 1 && mtuCode <= 5, "not an MTU code")
        return 128 << UInt32(mtuCode)
    }
}
