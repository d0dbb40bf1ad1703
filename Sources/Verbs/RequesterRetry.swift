// RequesterRetry.swift - when a reliable connection tries again, and when it gives up.
//
// Owns: both retry counters and the timer of the request at the head of the send queue.
// Does not: send, read a clock (time is passed in, in nanoseconds), or move states.
// Spec: IBA vol 1, 9.7.5.2.8 (RNR), 9.7.6.1.3 (timeout), 9.9.2.1 (counters).
//
//   idle ──attempted(noAnswer)──→ awaitingAnswer ──timer──→ idle: try again, or fail(retryExceeded)
//   idle ──attempted(notReady)──→ backingOff ──timer──→ idle: try again
//        └─ or fail(receiverNotReadyRetryExceeded)
//   any  ──attempted(delivered)─→ idle, counters refilled

/// When a reliable connection tries again, and when it gives up.
public struct RequesterRetry: Equatable, Sendable {
    /// What came of one attempt.
    public enum Outcome: Equatable, Sendable {
        case delivered
        /// The target has no receive request; it asks for a delay by the code of its timer.
        case notReady(timerCode: UInt8)
        /// Nothing came back, or it is known that nothing will.
        case noAnswer
    }

    /// What to do next.
    public enum Step: Equatable, Sendable {
        /// Go on: to the next request after a delivery, with another attempt after a wait.
        case proceed
        /// Do nothing before this time, then ask `timerFired`. `UInt64.max` is for ever.
        case waitUntil(UInt64)
        /// Complete the request so; the queue pair goes to the error state.
        case fail(CompletionStatus)
    }

    private enum Waiting: Equatable, Sendable {
        case idle
        case awaitingAnswer(until: UInt64)
        case backingOff(until: UInt64)
    }

    private var noAnswer: RetryCounter
    private var notReady: RetryCounter
    private let timeoutCode: UInt8
    private var waiting = Waiting.idle

    /// The values are those of `QueuePairAttributes`: `retryCount`, `receiverNotReadyRetry` and `timeout`.
    public init(retryCount: UInt8, receiverNotReadyRetry: UInt8, timeoutCode: UInt8) {
        noAnswer = .noAnswer(limit: retryCount)
        notReady = .receiverNotReady(limit: receiverNotReadyRetry)
        self.timeoutCode = timeoutCode
    }

    /// Tells what came of an attempt made now.
    public mutating func attempted(_ outcome: Outcome, now: UInt64) -> Step {
        switch outcome {
        case .delivered:
            waiting = .idle
            noAnswer.refill()
            notReady.refill()
            return .proceed
        case .notReady(let timerCode):
            guard notReady.take() else { return .fail(.receiverNotReadyRetryExceeded) }
            let until = Self.add(now, ReceiverNotReadyTimer.nanoseconds(code: timerCode))
            waiting = .backingOff(until: until)
            return .waitUntil(until)
        case .noAnswer:
            let until = AcknowledgeTimeout.nanoseconds(code: timeoutCode).map { Self.add(now, $0) } ?? .max
            waiting = .awaitingAnswer(until: until)
            return .waitUntil(until)
        }
    }

    /// Tells that time has passed. Early calls are harmless: the answer is to wait on.
    public mutating func timerFired(now: UInt64) -> Step {
        switch waiting {
        case .idle:
            return .proceed
        case .awaitingAnswer(let until), .backingOff(let until):
            // For ever has no end, not even at the end of time.
            guard now >= until, until != .max else { return .waitUntil(until) }
        }
        // Only an answer that never came costs a retry now; the other counter was charged with the refusal.
        if case .awaitingAnswer = waiting, !noAnswer.take() { return .fail(.retryExceeded) }
        waiting = .idle
        return .proceed
    }

    /// From the first attempt to `retryExceeded` when nobody ever answers; nil for never.
    public static func nanosecondsToGiveUp(retryCount: UInt8, timeoutCode: UInt8) -> UInt64? {
        AcknowledgeTimeout.nanoseconds(code: timeoutCode).map { $0 * (UInt64(retryCount & 7) + 1) }
    }

    private static func add(_ now: UInt64, _ delay: UInt64) -> UInt64 {
        let (sum, overflow) = now.addingReportingOverflow(delay)
        return overflow ? .max : sum
    }
}
