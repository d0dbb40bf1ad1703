// EndSignals.swift - the signals that ask a program to end, waited for.
//
// Owns: whether they are blocked, for the calling thread and those it starts. Counterpart: sigwait(3).
import Glibc

/// SIGINT, SIGTERM and SIGHUP.
public enum EndSignals {
    private static var signals: sigset_t {
        var signals = sigset_t()
        unsafe sigemptyset(&signals)
        for number in [SIGINT, SIGTERM, SIGHUP] { unsafe sigaddset(&signals, number) }
        return signals
    }

    /// From now on they are kept for `wait`.
    public static func hold() {
        var signals = signals
        unsafe pthread_sigmask(SIG_BLOCK, &signals, nil)
    }

    /// Returns with the next of them.
    public static func wait() {
        var signals = signals
        var number: Int32 = 0
        while unsafe sigwait(&signals, &number) != 0 {}
    }

    /// From now on they do what they do.
    public static func letThrough() {
        var signals = signals
        unsafe pthread_sigmask(SIG_UNBLOCK, &signals, nil)
    }
}
