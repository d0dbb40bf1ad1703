// User.swift - as whom a client runs.

import Glibc

/// The one who runs the tests, or, where that is root, nobody.
enum User: String, CaseIterable, CustomStringConvertible, Sendable {
    case caller
    case nobody

    /// Whom this run can be: only root can become somebody else.
    static var available: [User] { geteuid() == 0 ? [.caller, .nobody] : [.caller] }

    var description: String { self == .caller ? (geteuid() == 0 ? "root" : "an unprivileged user") : "nobody" }

    /// What stands before a command to run it as this user.
    var prefix: [String] {
        // What is started here ends with the tests, however they end.
        let bound = ["setpriv", "--pdeathsig", "KILL"]
        return self == .caller ? bound : bound + ["--reuid", "65534", "--regid", "65534", "--clear-groups"]
    }

    /// Whether this user's limit lets one process pin so many bytes.
    func mayPin(_ bytes: UInt64) -> Bool {
        if self == .caller && geteuid() == 0 { return true }
        var limit = rlimit()
        guard unsafe getrlimit(__rlimit_resource_t(8), &limit) == 0 else { return false }
        return limit.rlim_cur >= bytes
    }
}
