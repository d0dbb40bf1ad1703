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
    ///
    /// Nobody may pin as much as the tests need: without that, messages of 8 MiB would rightly be refused to a user
    /// whose limit is the usual 8 MiB.
    var prefix: [String] {
        guard self == .nobody else { return [] }
        return ["prlimit", "--memlock=unlimited:unlimited", "setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"]
    }

    /// Whether this user may pin so many bytes.
    func mayPin(_ bytes: UInt64) -> Bool {
        if geteuid() == 0 { return true }
        var limit = rlimit()
        guard unsafe getrlimit(__rlimit_resource_t(8), &limit) == 0 else { return false }
        return limit.rlim_cur >= bytes
    }
}
