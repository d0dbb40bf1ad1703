// MemlockLimit.swift - how much memory a process may lock, and how much it may pin.
//
// C: RLIMIT_MEMLOCK, CAP_IPC_LOCK.

/// How much memory a process may lock, and how much it may pin.
public struct MemlockLimit: Equatable, Sendable {
    /// The soft limit in bytes; `UInt64.max` is none.
    public var bytes: UInt64
    /// CAP_IPC_LOCK: the limit does not bind.
    public var isPrivileged: Bool

    public init(bytes: UInt64, isPrivileged: Bool = false) {
        self.bytes = bytes
        self.isPrivileged = isPrivileged
    }

    public static let unlimited = MemlockLimit(bytes: .max)

    /// Checks that locking is allowed at all. A limit of some bytes, though less than a page, passes here.
    /// - Throws: EPERM.
    public func checkAllowed() throws(VerbsErrno) {
        guard bytes != 0 || isPrivileged else { throw .notPermitted }
    }

    /// Whether a total of so many pages is within the limit. Reaching it exactly is.
    public func allows(pages: UInt64, pageSize: PageSize) -> Bool {
        isPrivileged || pages <= bytes >> UInt64(pageSize.shift)
    }
}
