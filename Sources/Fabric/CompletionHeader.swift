// CompletionHeader.swift - status, opcode, flags and kind of a completion slot, packed in one word.

import Verbs

/// The packed word of a completion slot. Read from shared memory: any bits may stand there.
@frozen
public struct CompletionHeader: Sendable {
    public let rawValue: UInt32

    /// Where the message's bytes are.
    @frozen
    public enum Payload: UInt32, Sendable {
        /// Already in place, or there are none.
        case placed = 0
        /// In the slot itself.
        case inSlot = 1
        /// In the queue pair's eager ring.
        case eager = 2
    }

    @inlinable
    public init(rawValue: UInt32) { self.rawValue = rawValue }

    @inlinable
    public init(
        isReceive: Bool, status: CompletionStatus, opcode: CompletionOpcode, flags: CompletionFlags, payload: Payload,
        fromSharedReceiveQueue: Bool = false, isExtended: Bool = false
    ) {
        var bits = status.rawValue | opcode.rawValue << 8 | (flags.rawValue & 0xff) << 16
        bits |= payload.rawValue << 24
        if isReceive { bits |= 1 << 28 }
        if fromSharedReceiveQueue { bits |= 1 << 29 }
        if isExtended { bits |= 1 << 30 }
        rawValue = bits
    }

    /// The same completion once its bytes are in place, or could not be put there.
    public func placed(status: UInt32) -> CompletionHeader {
        CompletionHeader(rawValue: rawValue & ~(0xff | 3 << 24) | status & 0xff)
    }

    @inlinable public var isReceive: Bool { rawValue & (1 << 28) != 0 }
    @inlinable public var fromSharedReceiveQueue: Bool { rawValue & (1 << 29) != 0 }
    /// It names a shared receive queue, not a queue pair; the queue pair's number stands in `CompletionSlot.source`.
    @inlinable public var isExtended: Bool { rawValue & (1 << 30) != 0 }
    @inlinable public var status: UInt32 { rawValue & 0xff }
    @inlinable public var opcode: UInt32 { rawValue >> 8 & 0xff }
    @inlinable public var flags: UInt32 { rawValue >> 16 & 0xff }
    @inlinable public var payload: Payload { Payload(rawValue: rawValue >> 24 & 3) ?? .placed }
}
