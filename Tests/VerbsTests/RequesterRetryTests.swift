// RequesterRetryTests.swift - timers against the printed tables, and every retry count played to its end.

import Testing
import Verbs

/// IBA vol 1, table 45, in hundredths of a millisecond, code 0 first.
private let printedDelays: [UInt64] = [
    65536, 1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024, 1536, 2048, 3072, 4096,
    6144, 8192, 12288, 16384, 24576, 32768, 49152,
]

@Test func receiverNotReadyDelaysAreThePrintedOnes() {
    for code in UInt8.min...UInt8.max {
        #expect(ReceiverNotReadyTimer.nanoseconds(code: code) == printedDelays[Int(code % 32)] * 10_000)
    }
}

@Test func acknowledgeTimeoutsDouble() {
    var expected: UInt64 = 4096
    #expect(AcknowledgeTimeout.nanoseconds(code: 0) == nil)
    #expect(AcknowledgeTimeout.nanoseconds(code: 32) == nil)
    for code in 1...31 as ClosedRange<UInt8> {
        expected *= 2
        #expect(AcknowledgeTimeout.nanoseconds(code: code) == expected)
    }
}

/// Plays a peer that never answers. The clock moves only by waiting.
private func playSilence(retries: UInt8, timeout: UInt8) -> (attempts: Int, end: UInt64?) {
    var retry = RequesterRetry(retryCount: retries, receiverNotReadyRetry: 0, timeoutCode: timeout)
    var now: UInt64 = 1000
    for attempt in 1...20 {
        guard case .waitUntil(let until) = retry.attempted(.noAnswer, now: now), until != .max else {
            return (attempt, nil)
        }
        #expect(retry.timerFired(now: until - 1) == .waitUntil(until))
        now = until
        switch retry.timerFired(now: now) {
        case .proceed: continue
        case .fail(let status):
            #expect(status == .retryExceeded)
            return (attempt, now - 1000)
        case .waitUntil: Issue.record("waits beyond its own timer")
        }
    }
    return (20, nil)
}

@Test func silenceIsGivenUpAfterEveryRetry() {
    for retries in 0...7 as ClosedRange<UInt8> {
        for timeout in 1...31 as ClosedRange<UInt8> {
            let (attempts, end) = playSilence(retries: retries, timeout: timeout)
            #expect(attempts == Int(retries) + 1)
            #expect(end == (UInt64(retries) + 1) * (4096 << UInt64(timeout)))
            #expect(end == RequesterRetry.nanosecondsToGiveUp(retryCount: retries, timeoutCode: timeout))
        }
        #expect(playSilence(retries: retries, timeout: 0).end == nil)
        #expect(RequesterRetry.nanosecondsToGiveUp(retryCount: retries, timeoutCode: 0) == nil)
    }
}

@Test func waitingForEverHasNoEnd() {
    var retry = RequesterRetry(retryCount: 0, receiverNotReadyRetry: 0, timeoutCode: 0)
    #expect(retry.attempted(.noAnswer, now: 5) == .waitUntil(.max))
    #expect(retry.timerFired(now: .max) == .waitUntil(.max))
    #expect(retry.attempted(.delivered, now: 6) == .proceed)
}

@Test func refusalsAreRetriedAsOftenAsAllowed() {
    for limit in 0...7 as ClosedRange<UInt8> {
        for code in 0...31 as ClosedRange<UInt8> {
            var retry = RequesterRetry(retryCount: 0, receiverNotReadyRetry: limit, timeoutCode: 14)
            var now: UInt64 = 0
            var refusals = 0
            while refusals < 100, case .waitUntil(let until) = retry.attempted(.notReady(timerCode: code), now: now) {
                refusals += 1
                #expect(until == now + printedDelays[Int(code)] * 10_000)
                #expect(retry.timerFired(now: until) == .proceed)
                now = until
            }
            #expect(refusals == (limit == 7 ? 100 : Int(limit)))
            if limit < 7 {
                let end = retry.attempted(.notReady(timerCode: code), now: now)
                #expect(end == .fail(.receiverNotReadyRetryExceeded))
            }
        }
    }
}

@Test func theTwoCountersAreIndependentAndADeliveryRefillsBoth() {
    var retry = RequesterRetry(retryCount: 1, receiverNotReadyRetry: 1, timeoutCode: 1)
    for _ in 0..<3 {
        #expect(retry.attempted(.notReady(timerCode: 1), now: 0) == .waitUntil(10_000))
        #expect(retry.timerFired(now: 10_000) == .proceed)
        #expect(retry.attempted(.noAnswer, now: 10_000) == .waitUntil(18_192))
        #expect(retry.timerFired(now: 18_192) == .proceed)
        #expect(retry.attempted(.delivered, now: 20_000) == .proceed)
    }
    #expect(retry.attempted(.notReady(timerCode: 1), now: 0) == .waitUntil(10_000))
    #expect(retry.timerFired(now: 10_000) == .proceed)
    #expect(retry.attempted(.notReady(timerCode: 1), now: 0) == .fail(.receiverNotReadyRetryExceeded))
}

@Test func aClockAtItsEndDoesNotWrap() {
    var retry = RequesterRetry(retryCount: 7, receiverNotReadyRetry: 7, timeoutCode: 31)
    #expect(retry.attempted(.noAnswer, now: .max - 1) == .waitUntil(.max))
    #expect(retry.attempted(.notReady(timerCode: 0), now: .max - 1) == .waitUntil(.max))
}
