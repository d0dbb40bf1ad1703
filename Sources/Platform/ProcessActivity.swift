// ProcessActivity.swift - whether a process gets anywhere. Counterpart: proc_pid_stat(5), field 3.

/// What a process does at a moment.
public enum ProcessActivity: Equatable, Sendable {
    /// On a processor, waiting for one, or asleep.
    case running
    /// By a signal or a debugger: it does nothing until it is told to go on.
    case stopped
    case ended
}
