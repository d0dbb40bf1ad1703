// Host+Facilities.swift - kernel facilities, by trying them.
//
// Owns: nothing. Counterpart: io_uring_setup(2), uname(2), seccomp(2).
import CPlatform
import Glibc

extension Host {
    /// The running kernel's release, as `uname -r` says it.
    public static var kernelRelease: String { SmallFile.text("/proc/sys/kernel/osrelease") ?? "" }

    /// "#1 SMP PREEMPT_DYNAMIC Debian 6.1.192-2 (2026-07-26)": what `uname -v` prints.
    public static var kernelBuild: String { SmallFile.text("/proc/sys/kernel/version") ?? "" }

    /// The file this process executes.
    public static var executablePath: String? { SmallFile.linkTarget("/proc/self/exe") }

    /// Why io_uring cannot be used; nil: it can.
    public static func ioUringRefusal() -> Int32? { refusal(verbena_probe_io_uring()) }

    /// A line of /proc/self/status, without its name.
    public static func ownStatus(_ field: String) -> String? {
        let lines = SmallFile.text("/proc/self/status")?.split(separator: "\n") ?? []
        guard let line = lines.first(where: { $0.hasPrefix(field + ":") }) else { return nil }
        return line.dropFirst(field.count + 1).split(whereSeparator: { $0 == "\t" || $0 == " " }).joined(separator: " ")
    }

    /// Sets a variable for the programs that this process becomes or starts.
    /// - Precondition: no other thread reads the environment now.
    public static func setEnvironment(_ name: String, _ value: String) throws(SystemError) {
        guard unsafe setenv(name, value, 1) == 0 else { throw SystemError(number: errno, call: "setenv") }
    }

    /// How wide the terminal on standard output is; nil: it is none.
    public static func terminalColumns() -> Int? {
        let columns = verbena_terminal_columns(STDOUT_FILENO)
        return columns > 0 ? Int(columns) : nil
    }

    private static func refusal(_ result: Int32) -> Int32? { result < 0 ? -result : nil }
}
