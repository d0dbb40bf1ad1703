// Outcome.swift - what an operation reports and a scenario records.
//
// Owns: the encoding of recorded values in one cell. Counterpart in Linux: errno, signals, completion status, data read.

/// What an operation reports: data that was read, success, an errno, a signal or a completion status.
public struct Outcome: Hashable, Sendable {
    public let code: Int

    public init(code: Int) { self.code = code }

    /// Nothing recorded yet.
    public static let unset = Outcome(code: 0)
    public static let ok = Outcome(code: 32)

    /// Data that was read.
    public static func value(_ content: Int) -> Outcome { Outcome(code: 1 + content) }

    static let names: [(code: Int, name: String)] = [
        (0, "unset"), (32, "ok"), (33, "EPERM"), (34, "ENOENT"), (35, "EAGAIN"), (36, "ENOMEM"), (37, "EACCES"),
        (38, "EFAULT"), (39, "EBUSY"), (40, "ENODEV"), (41, "EINVAL"), (42, "EREMOTEIO"), (43, "EOPNOTSUPP"),
        (44, "EDQUOT"), (45, "SIGSEGV"), (46, "SIGBUS"), (47, "REMOTE_ACCESS_ERROR"), (48, "LOCAL_ACCESS_ERROR"),
        (49, "kernel-fault"), (50, "ENXIO"), (51, "QP_RESET"), (52, "SIGBUS_HWPOISON"), (53, "EEXIST"),
        (54, "MW_BIND_ERROR"), (55, "node-destroyed"),
    ]

    public static let notPermitted = Outcome(code: 33)
    public static let noEntry = Outcome(code: 34)
    public static let tryAgain = Outcome(code: 35)
    public static let noMemory = Outcome(code: 36)
    public static let accessDenied = Outcome(code: 37)
    public static let badAddress = Outcome(code: 38)
    public static let busy = Outcome(code: 39)
    public static let noDevice = Outcome(code: 40)
    public static let invalid = Outcome(code: 41)
    public static let remoteIO = Outcome(code: 42)
    public static let notSupported = Outcome(code: 43)
    public static let overQuota = Outcome(code: 44)
    public static let segmentationFault = Outcome(code: 45)
    public static let busError = Outcome(code: 46)
    public static let remoteAccessError = Outcome(code: 47)
    public static let localAccessError = Outcome(code: 48)
    public static let kernelFault = Outcome(code: 49)
    public static let noSuchNode = Outcome(code: 50)
    public static let queueReset = Outcome(code: 51)
    public static let poisoned = Outcome(code: 52)
    public static let windowBindError = Outcome(code: 54)
    public static let nodeDestroyed = Outcome(code: 55)

    /// The name by which scenarios know this outcome; data are their number.
    public var name: String {
        for entry in Outcome.names where entry.code == code { return entry.name }
        return code <= 31 ? "\(code - 1)" : "outcome-\(code)"
    }

    /// The outcome with this name.
    public static func named(_ name: String) -> Outcome? {
        for entry in names where entry.name == name { return Outcome(code: entry.code) }
        return nil
    }
}
