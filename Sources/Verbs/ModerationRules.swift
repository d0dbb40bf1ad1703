// ModerationRules.swift - when the event of a moderated completion queue is due.
//
// Owns: the decision. Does not: count, or keep time.
// C: ibv_modify_cq(3), struct ibv_moderate_cq.

/// After how many completions, or how long after the first one, an event is raised.
public struct ModerationRules: Equatable, Sendable {
    /// Completions; 0 and 1: each.
    public var count: UInt32
    /// Nanoseconds after the first completion; 0: as long as it takes.
    public var period: UInt64

    /// What both may be at most, in completions and microseconds: what the C struct can say.
    public static let countMax: UInt16 = .max
    public static let periodMicrosecondsMax: UInt16 = .max

    public init(count: UInt32 = 0, period: UInt64 = 0) {
        self.count = count
        self.period = period
    }

    public enum Decision: Equatable, Sendable {
        case raise
        /// Look again then, in nanoseconds of the caller's clock; nil: at the next completion only.
        case hold(until: UInt64?)
    }

    /// - Parameters:
    ///   - completions: since the program asked for an event; more than 0.
    ///   - first: when the first of them was noticed.
    public func judge(completions: UInt32, first: UInt64, now: UInt64) -> Decision {
        if count <= 1 && period == 0 { return .raise }
        if count > 0 && completions >= count { return .raise }
        guard period > 0 else { return .hold(until: nil) }
        let (due, overflow) = first.addingReportingOverflow(period)
        if overflow { return .hold(until: nil) }
        return now >= due ? .raise : .hold(until: due)
    }
}
