// RequestOutcome.swift - what came of executing a request once.

import Verbs

/// What came of executing a request once.
struct RequestOutcome {
    var status: CompletionStatus
    /// Bytes read or swapped.
    var byteCount: UInt32 = 0
    /// Set when the target did not take the request: it is tried again.
    var fault: ResponderFault?
    /// With `receiverNotReady`: the target's timer code.
    var rnrTimer: UInt8 = 0

    @inline(__always)
    var mustWait: Bool { fault == .receiverNotReady || fault == .noResponder }

    static func done(_ status: CompletionStatus, byteCount: UInt32 = 0) -> Self {
        Self(status: status, byteCount: byteCount)
    }

    /// Nobody answered.
    static var noResponder: Self { Self(status: .retryExceeded, fault: .noResponder) }

    /// Nobody answered in all the time that retries take: what a reliable requester is told, and no other.
    static func gaveUp(isReliable: Bool) -> Self { isReliable ? .done(.retryExceeded) : .noResponder }

    static func receiverNotReady(timer: UInt8) -> Self {
        Self(status: .receiverNotReadyRetryExceeded, fault: .receiverNotReady, rnrTimer: timer)
    }
}
