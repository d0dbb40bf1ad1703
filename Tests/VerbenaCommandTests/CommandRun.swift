// CommandRun.swift - one run of the built `verbena`, as a user's shell would start it.
import Glibc
import Platform
import Testing

/// How a run ended, and what it wrote.
struct CommandRun {
    /// The exit status; nil if a signal ended it.
    let status: Int32?
    let signal: Int32?
    let output: String
    let errors: String

    /// The folder of the test runner, where the build puts everything.
    static var buildFolder: String {
        let runner = SmallFile.linkTarget("/proc/self/exe") ?? ""
        return runner.split(separator: "/").dropLast().reduce("") { $0 + "/" + $1 }
    }

    /// Runs it and waits. `environment` is added to a small fixed one.
    static func verbena(
        _ arguments: [String], environment: [String: String] = [:], program: String? = nil
    ) throws -> CommandRun {
        let output = try SharedFile(), errors = try SharedFile()
        let pid = try start(arguments, environment, program, output.number, errors.number)
        let (status, signal) = try wait(pid)
        return CommandRun(status: status, signal: signal, output: output.text, errors: errors.text)
    }

    /// Starts it, and gives its process number while it runs.
    static func start(
        _ arguments: [String], _ environment: [String: String], _ program: String?, _ output: Int32, _ errors: Int32
    ) throws -> Int32 {
        let path = program ?? buildFolder + "/verbena"
        let defaults = ["PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": "/"]
        let variables = defaults.merging(environment) { $1 }.map { "\($0.key)=\($0.value)" }
        return try spawn(path, [path] + arguments, variables, output, errors)
    }

    /// Waits for the end: exit status, or signal.
    static func wait(_ pid: Int32) throws -> (status: Int32?, signal: Int32?) {
        var status: Int32 = 0
        while unsafe waitpid(pid, &status, 0) < 0 { try #require(errno == EINTR) }
        let signal = status & 0x7F
        return signal == 0 ? (status >> 8 & 0xFF, nil) : (nil, signal)
    }

    private static func spawn(
        _ path: String, _ arguments: [String], _ environment: [String], _ output: Int32, _ errors: Int32
    ) throws -> Int32 {
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        unsafe posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        unsafe posix_spawn_file_actions_adddup2(&actions, output, 1)
        unsafe posix_spawn_file_actions_adddup2(&actions, errors, 2)
        // The test runner's worker threads block signals; a shell's children start with none blocked.
        var attributes = posix_spawnattr_t()
        unsafe posix_spawnattr_init(&attributes)
        defer { unsafe posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        unsafe sigemptyset(&none)
        unsafe posix_spawnattr_setsigmask(&attributes, &none)
        unsafe posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        var words: [UnsafeMutablePointer<CChar>?] = unsafe arguments.map { unsafe strdup($0) } + [nil]
        var variables: [UnsafeMutablePointer<CChar>?] = unsafe environment.map { unsafe strdup($0) } + [nil]
        defer {
            unsafe words.forEach { unsafe free($0) }
            unsafe variables.forEach { unsafe free($0) }
        }
        var pid: Int32 = 0
        let result = unsafe posix_spawn(&pid, path, &actions, &attributes, &words, &variables)
        try #require(result == 0, "\(path): \(SystemError.text(of: result))")
        return pid
    }
}
