// ProcessIdentity.swift - names one process, once, although process numbers are used again.
//
// Owns: the pair of number and start time. Does not: tell when the process ends (ProcessDescriptor does).
// Counterpart: proc_pid_stat(5), fields 3, 20 and 22.
import Glibc

/// A process: its number, and when it started.
public struct ProcessIdentity: Equatable, Hashable, Sendable {
    public let pid: Int32
    /// Clock ticks from boot to start.
    public let startTime: UInt64

    public init(pid: Int32, startTime: UInt64) {
        self.pid = pid
        self.startTime = startTime
    }

    /// This process.
    /// - Precondition: /proc is mounted.
    public static func current() -> ProcessIdentity {
        guard let identity = of(pid: getpid()) else { preconditionFailure("/proc/self/stat cannot be read") }
        return identity
    }

    /// The process that has this number now; nil if there is none, or only its exit status is left.
    public static func of(pid: Int32) -> ProcessIdentity? { withActivity(pid: pid)?.identity }

    /// The same, and what it does.
    public static func withActivity(pid: Int32) -> (identity: ProcessIdentity, activity: ProcessActivity)? {
        guard pid > 0, let bytes = SmallFile.read("/proc/\(pid)/stat") else { return nil }
        // The name (field 2) may hold spaces and parentheses: count from the last one.
        guard let nameEnd = bytes.lastIndex(of: UInt8(ascii: ")")) else { return nil }
        let fields = bytes[(nameEnd + 1)...].split(separator: UInt8(ascii: " "))
        let state = 0, threadCount = 17, startTime = 19
        guard fields.count > startTime, let started = number(fields[startTime]) else { return nil }
        let letter = fields[state].first
        let ended = letter == UInt8(ascii: "Z") || letter == UInt8(ascii: "X")
        // A program may end its first thread and go on in others.
        if ended, (number(fields[threadCount]) ?? 0) <= 1 { return nil }
        let isStopped = letter == UInt8(ascii: "T") || letter == UInt8(ascii: "t")
        return (ProcessIdentity(pid: pid, startTime: started), isStopped ? .stopped : .running)
    }

    /// Whether this very process still runs. One that ended and was not yet waited for does not.
    public func isAlive() -> Bool { Self.of(pid: pid) == self }

    private static func number(_ digits: ArraySlice<UInt8>) -> UInt64? {
        UInt64(String(decoding: digits, as: UTF8.self))
    }
}
