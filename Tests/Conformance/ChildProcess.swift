// ChildProcess.swift - a program under test: started in a process group of its own, its output kept, its end awaited.
//
// Owns: the process group until it is awaited or killed, and the file that holds what it printed.
// Does not: interpret output. A deadline is a guard against hanging, never a measurement.

import Foundation
import Glibc

/// One running or finished program.
final class ChildProcess {
    /// How a program ended.
    enum Ending: Equatable {
        case exited(Int32)
        case signalled(Int32)
    }

    /// What went wrong in starting it.
    struct StartFailure: Error, CustomStringConvertible {
        let description: String
    }

    let command: String
    private let pid: pid_t
    private let outputPath: String
    private var ending: Ending?
    /// What it was doing when the guard against hanging struck.
    private(set) var lastSeen = ""

    /// Starts `arguments[0]`, found in PATH, with nothing but the given environment.
    init(_ arguments: [String], environment: [String: String], output directory: String) throws {
        command = arguments.joined(separator: " ")
        outputPath = directory + "/" + UUID().uuidString
        pid = try Self.spawn(arguments, environment.map { "\($0.key)=\($0.value)" }, outputPath)
    }

    deinit {
        if ending == nil { _ = kill() }
        unsafe unlink(outputPath)
    }

    /// Everything it has written so far to its standard output and error.
    var output: String {
        guard let data = FileManager.default.contents(atPath: outputPath) else { return "" }
        return String(decoding: data, as: UTF8.self)
    }

    var isRunning: Bool { reap(WNOHANG) == nil }

    /// Waits for the end; nil, and the whole group killed, when the guard against hanging strikes.
    func wait(seconds: Double = 60) -> Ending? {
        let finished = waitUntil(seconds: seconds) { !self.isRunning }
        guard finished else {
            lastSeen = StuckProcess(group: pid).description
            _ = kill()
            return nil
        }
        return ending
    }

    /// Ends the whole process group, and says how its leader ended.
    func kill() -> Ending? {
        if let ending { return ending }
        Glibc.kill(-pid, SIGKILL)
        return reap(0)
    }

    func send(_ signal: Int32) { Glibc.kill(-pid, signal) }

    private func reap(_ options: Int32) -> Ending? {
        if let ending { return ending }
        var status: Int32 = 0
        guard unsafe waitpid(pid, &status, options) == pid else { return nil }
        let signal = status & 0x7f
        ending = signal == 0 ? .exited((status >> 8) & 0xff) : .signalled(signal)
        // Nothing that it left behind may disturb the next case.
        if options == WNOHANG { Glibc.kill(-pid, SIGKILL) }
        return ending
    }

    private static func spawn(_ arguments: [String], _ environment: [String], _ outputPath: String) throws -> pid_t {
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        unsafe posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        unsafe posix_spawn_file_actions_addopen(&actions, 1, outputPath, O_WRONLY | O_CREAT | O_APPEND, 0o644)
        unsafe posix_spawn_file_actions_adddup2(&actions, 1, 2)
        var attributes = posix_spawnattr_t()
        unsafe posix_spawnattr_init(&attributes)
        defer { unsafe posix_spawnattr_destroy(&attributes) }
        // The thread that runs a test may block signals, and what it starts would inherit that: alarm(2) and kill(2) would
        // not end it.
        var none = sigset_t()
        unsafe sigemptyset(&none)
        unsafe posix_spawnattr_setsigmask(&attributes, &none)
        unsafe posix_spawnattr_setpgroup(&attributes, 0)
        unsafe posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK))
        var argv = unsafe arguments.map { unsafe strdup($0) } + [nil]
        var envp = unsafe environment.map { unsafe strdup($0) } + [nil]
        defer { for unsafe text in unsafe argv + envp { unsafe free(text) } }
        var pid: pid_t = 0
        let result = unsafe posix_spawnp(&pid, arguments[0], &actions, &attributes, &argv, &envp)
        guard result == 0 else {
            let reason = unsafe String(cString: strerror(result))
            throw StartFailure(description: "\(arguments[0]): \(reason); scripts/install-dependencies installs it")
        }
        return pid
    }
}

/// Looks again and again until something is so; false when the guard against hanging strikes.
func waitUntil(seconds: Double, _ condition: () -> Bool) -> Bool {
    let deadline = ContinuousClock.now + .seconds(seconds)
    while !condition() {
        if ContinuousClock.now > deadline { return false }
        usleep(500)
    }
    return true
}
