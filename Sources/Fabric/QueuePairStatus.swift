// QueuePairStatus.swift - everything about a queue pair that can change between two requests, in one word.
//
// Why one word: a poster reads it once per request and then knows that what it cached is still true.

import Verbs

/// State, type, access rights, RNR timer and configuration epoch of a queue pair.
@frozen
public struct QueuePairStatus: Equatable, Sendable {
    public var rawValue: UInt64

    @inlinable
    public init(rawValue: UInt64) { self.rawValue = rawValue }

    @inlinable
    public init(state: QueuePairState, type: QueuePairType, access: AccessFlags, rnrTimer: UInt8, epoch: UInt32) {
        rawValue = UInt64(state.rawValue) | UInt64(type.rawValue) << 8 | UInt64(access.rawValue & 0xff) << 16
            | UInt64(rnrTimer) << 24 | UInt64(epoch) << 32
    }

    /// Raw value of the state; a peer's word may hold none that exists.
    @inlinable
    public var stateValue: UInt8 { UInt8(truncatingIfNeeded: rawValue) }

    @inlinable
    public var state: QueuePairState {
        get { QueuePairState(rawValue: stateValue) ?? .error }
        set { rawValue = rawValue & ~0xff | UInt64(newValue.rawValue) }
    }

    /// Raw value of the type; 0 while the entry is unused.
    @inlinable
    public var typeValue: UInt8 { UInt8(truncatingIfNeeded: rawValue >> 8) }

    @inlinable
    public var access: AccessFlags { AccessFlags(rawValue: UInt32(truncatingIfNeeded: rawValue >> 16) & 0xff) }

    @inlinable
    public var rnrTimer: UInt8 { UInt8(truncatingIfNeeded: rawValue >> 24) & 31 }

    /// Changes when the queue pair is created, reset or destroyed: what was cached of it is void.
    @inlinable
    public var epoch: UInt32 { UInt32(truncatingIfNeeded: rawValue >> 32) }

    /// Ready to execute requests from a peer: RTR, RTS, SQD or SQE.
    @inlinable
    public var canRespond: Bool {
        stateValue >= QueuePairState.readyToReceive.rawValue && stateValue <= QueuePairState.sendQueueError.rawValue
    }
}
