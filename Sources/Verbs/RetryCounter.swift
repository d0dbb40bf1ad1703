// RetryCounter.swift - how many times more something may be tried.
//
// Spec: IBA vol 1, 9.9.2.1 (requester retry counters).   C: retry_cnt, rnr_retry.

/// How many times more something may be tried: a 3-bit counter that every success refills.
@frozen
public struct RetryCounter: Equatable, Sendable {
    /// What a refill gives.
    public let limit: UInt8
    public private(set) var left: UInt8
    /// Never runs out.
    public let isUnlimited: Bool

    private init(limit: UInt8, isUnlimited: Bool) {
        self.limit = limit & 7
        self.left = self.limit
        self.isUnlimited = isUnlimited
    }

    /// Counts attempts that nobody answered. Seven means seven.
    public static func noAnswer(limit: UInt8) -> Self { Self(limit: limit, isUnlimited: false) }

    /// Counts attempts that found no receive request. IBA 9.7.5.2.8: seven means for ever.
    public static func receiverNotReady(limit: UInt8) -> Self { Self(limit: limit, isUnlimited: limit & 7 == 7) }

    /// Takes one retry; false when none is left.
    public mutating func take() -> Bool {
        if isUnlimited { return true }
        guard left > 0 else { return false }
        left -= 1
        return true
    }

    /// IBA 9.9.2.1: an acknowledged request refills the counter.
    public mutating func refill() { left = limit }
}
