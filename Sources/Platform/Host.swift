// Host.swift - what this process may know of itself and its machine.
//
// Owns: nothing; every answer is asked for afresh. Counterpart: credentials(7), namespaces(7), getrlimit(2).
import CPlatform
import Glibc

/// This machine and this process, as the kernel describes them.
public enum Host {
    /// The real user.
    public static var uid: UInt32 { getuid() }

    /// This process's number in its own PID namespace.
    public static var processNumber: Int32 { getpid() }

    public static var effectiveUserID: UInt32 { geteuid() }

    public static var pageBytes: Int { sysconf(Int32(_SC_PAGESIZE)) }

    /// Processors that this machine has online.
    public static var processorCount: Int { max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))) }

    /// Bytes of memory that this machine has.
    public static var memoryBytes: Int { max(1, sysconf(Int32(_SC_PHYS_PAGES))) * pageBytes }

    /// The value of an environment variable; nil if it is not set.
    public static func environment(_ name: StaticString) -> String? {
        name.withUTF8Buffer { bytes in
            unsafe bytes.withMemoryRebound(to: CChar.self) { characters in
                guard let start = characters.baseAddress, let value = unsafe getenv(start) else { return nil }
                return unsafe String(cString: value)
            }
        }
    }

    public static var hostName: String { SmallFile.text("/proc/sys/kernel/hostname") ?? "localhost" }

    /// 64 bits that stay the same on this machine: from /etc/machine-id, or else the host's name.
    public static var machineIdentifier: UInt64 {
        let text = SmallFile.text("/etc/machine-id").flatMap { $0.isEmpty ? nil : $0 } ?? hostName
        // FNV-1a: any spreading function will do, but it must be the same in every process.
        return text.utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    }

    public static func networkNamespaceInode() -> UInt64? { namespaceInode("net") }

    public static func pidNamespaceInode() -> UInt64? { namespaceInode("pid") }

    /// How much memory this process may lock; nil: as much as it likes.
    public static func memlockLimitBytes() -> UInt64? {
        let limit = verbena_memlock_limit()
        return limit == .max ? nil : UInt64(max(limit, 0))
    }

    /// Whether this thread has the capability over the whole machine, not only in a user namespace of its own.
    public static func hasCapability(_ capability: Capability) -> Bool {
        let initialUserNamespace: UInt64 = 0xEFFF_FFFD
        guard namespaceInode("user") == initialUserNamespace else { return false }
        return verbena_effective_capabilities() >> capability.rawValue & 1 == 1
    }

    /// Lets any process of this user read and write our memory, where Yama would allow it to ancestors only.
    public static func setPtracerAny() { verbena_allow_any_tracer() }

    /// The short name of a process; nil if there is none.
    public static func processName(_ pid: Int32) -> String? { SmallFile.text("/proc/\(pid)/comm") }

    /// Writes to standard error as it is, without a buffer. False if it could not be written.
    @discardableResult
    public static func writeStandardError(_ text: String) -> Bool { write(text, to: STDERR_FILENO) }

    /// Writes to standard output without a buffer: whoever reads it need not wait for the end. False if it could not be written.
    @discardableResult
    public static func writeStandardOutput(_ text: String) -> Bool { write(text, to: STDOUT_FILENO) }

    private static func write(_ text: String, to descriptor: Int32) -> Bool {
        let bytes = Array(text.utf8)
        var written = 0
        while written < bytes.count {
            let count = unsafe bytes[written...].withUnsafeBytes { rest in
                unsafe verbena_write(descriptor, rest.baseAddress, rest.count)
            }
            if count <= 0 { return false }
            written += Int(count)
        }
        return true
    }

    /// The inode in "pid:[4026531836]".
    private static func namespaceInode(_ kind: String) -> UInt64? {
        guard let target = SmallFile.linkTarget("/proc/self/ns/\(kind)"),
            let open = target.firstIndex(of: "["), let close = target.lastIndex(of: "]")
        else { return nil }
        return UInt64(target[target.index(after: open)..<close])
    }
}
