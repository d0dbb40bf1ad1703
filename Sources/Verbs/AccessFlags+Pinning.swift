// AccessFlags+Pinning.swift - whether rights need the memory itself to be writable.
//
// Linux counterpart: ib_access_writable.

extension AccessFlags {
    /// Whether a registration with these rights must be able to write its pages: with any right to change them, and
    /// with the right to bind a window, which may grant one later.
    @inlinable
    public var needsWritableMemory: Bool {
        !isDisjoint(with: [.localWrite, .remoteWrite, .remoteAtomic, .memoryWindowBind])
    }
}
