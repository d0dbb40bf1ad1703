// ChildProcess.swift - forked children for the tests of this target; what they do is C (children.c, handlers.c).
import CPlatformTestSupport
import Glibc
import Testing

/// A forked child that runs a C body. It is killed, if it still runs, and waited for at the end.
struct ChildProcess: ~Copyable {
    let pid: Int32

    init(_ body: @convention(c) (UInt64) -> Int32, _ argument: UInt64 = 0) throws {
        pid = verbena_test_start_child(body, argument)
        try #require(pid > 0)
    }

    /// The exit status, or 1000 + the signal that ended it.
    consuming func wait() -> Int32 {
        let status = verbena_test_wait_for_child(pid)
        discard self
        return status
    }

    func kill() { _ = Glibc.kill(pid, SIGKILL) }

    deinit {
        kill()
        _ = verbena_test_wait_for_child(pid)
    }
}
